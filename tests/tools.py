"""What a test does where the machine lacks something: it is skipped with the reason, or fails under REQUIRE_ALL=1.

Not for faults of the project.
"""

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """End the test: nothing here can run it."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
