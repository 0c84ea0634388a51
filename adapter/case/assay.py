"""How and where results were measured, as far as senders say so: results of two assays make no trend.

Not for what a method means: it is compared as it was sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assay:
    """The method and the laboratory of a result; empty text where the sender does not say."""

    method: str = ""
    laboratory: str = ""


UNSAID = Assay()
"""Nothing is said of it."""


def certainly_differ(ones: Iterable[Assay], others: Iterable[Assay]) -> bool:
    """Whether results on both sides name a method, or a laboratory, and not all the same one."""
    mine, theirs = set(ones), set(others)
    methods = ({assay.method for assay in side} - {""} for side in (mine, theirs))
    laboratories = ({assay.laboratory for assay in side} - {""} for side in (mine, theirs))
    return any(one and other and len(one | other) > 1 for one, other in (tuple(methods), tuple(laboratories)))
