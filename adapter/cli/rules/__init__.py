"""`ldt rules`: the rule set for people, one file per command."""
