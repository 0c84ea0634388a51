"""The exceptions of the store: one that a person has to mend, and one that passes.

Not for faults of a message: those are its state, reason and findings.

    StoreError              the store cannot be used as it is set up
    ├── StoreInUse          another process has it open for writing
    └── StoreUnavailable    this operation did not happen; the same again may succeed
"""


class StoreError(Exception):
    """The store is missing, damaged, of another version or wrongly named; the text says which and what to do."""


class StoreInUse(StoreError):
    """Another process, a server as a rule, has the store open for writing."""


class StoreUnavailable(StoreError):
    """Nothing of the operation took effect: the disk is full, the store locked or closed. It may be tried again.

    `cause` is SQLite's name for the reason (`SQLITE_FULL`) or a word of ours; never content.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"the store is not available: {cause}")
        self.cause = cause
