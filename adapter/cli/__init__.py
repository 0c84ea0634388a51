"""The command `ldt`: one file per subcommand."""
