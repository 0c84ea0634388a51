"""Why the adapter did not read something itself, or only in part: stable codes, and the words that a card says.

No text of a server or of a call is ever part of it.
"""

from typing import Final, Literal, get_args

Reason = Literal[
    "no-token",
    "token-expired",
    "server-not-listed",
    "scope",
    "query",
    "resting",
    "address",
    "unreachable",
    "deadline",
    "redirect",
    "token-refused",
    "forbidden",
    "not-found",
    "server-error",
    "outcome",
    "not-fhir",
    "too-large",
    "more-pages",
    "next-elsewhere",
    "next-repeats",
    "fewer",
    "misdirected",
]

WORDS: Final[dict[Reason, str]] = {
    "no-token": "the call brought no usable access token for it",
    "token-expired": "the access token had expired",
    "server-not-listed": "the FHIR server of the call is not listed for its client",
    "scope": "the access token does not cover it",
    "query": "the call lacks a value that the query needs",
    "resting": "the FHIR server did not answer earlier calls and is left alone for a while",
    "address": "the FHIR server has an address that is not allowed",
    "unreachable": "the FHIR server could not be reached",
    "deadline": "the FHIR server did not answer in time",
    "redirect": "the FHIR server redirected the request",
    "token-refused": "the FHIR server did not accept the access token",
    "forbidden": "the FHIR server refused it",
    "not-found": "the FHIR server did not find it",
    "server-error": "the FHIR server failed",
    "outcome": "the FHIR server answered with an error",
    "not-fhir": "the answer of the FHIR server is not readable as FHIR",
    "too-large": "the answer of the FHIR server is larger than is read",
    "more-pages": "there are more pages than are read",
    "next-elsewhere": "the next page is not on the same FHIR server",
    "next-repeats": "the pages lead in a circle, so that the FHIR server never came to the last one",
    "fewer": "the FHIR server answered with less than the EHR had sent",
    "misdirected": "the FHIR server answered another query than was asked",
}

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


class NotRead(Exception):
    """One answer, or one page of it, could not be had."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
