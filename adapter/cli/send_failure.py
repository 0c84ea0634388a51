"""Why `ldt send` got no connection or no answer: in words, with what to do about it.

Not for what an acknowledgement says. The words of OpenSSL stand beside ours, for whoever has to search for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLCertVerificationError, SSLError
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from adapter.server.mllp_sender import Silence

_OTHER_NAME: Final = frozenset({62, 64})
_UNTRUSTED: Final = frozenset({2, 18, 19, 20, 21})
_NOT_YET, _ENDED = 9, 10
"""Codes of a certificate that is not accepted (OpenSSL, X509_V_ERR)."""

_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH")
_NO_VERSION: Final = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE")
_OUR_CERTIFICATE: Final = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE", "ACCESS_DENIED")

_SILENCES: "Final[Mapping[Silence, str]]" = {
    "time-out": "no acknowledgement came in time (--wait); the message may have been taken all the same",
    "closed": "no acknowledgement: the server closed the connection",
    "refused-by-block": "no acknowledgement: the server could not store the message (block 0x15)",
    "of-another-message": "no acknowledgement: the answer is that of another message",
    "unreadable": "the answer that came is no acknowledgement",
    "not-mllp": "no acknowledgement: something answers there that does not speak MLLP; is it a port of HTTP?",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a connection was tried: by which host name, with TLS or plain, with an authority and a certificate of ours
    named or not, and whether any message was answered on it before."""

    host: str
    tls: bool = False
    ca: bool = False
    cert: bool = False
    answered: bool = False


def unanswered(reason: "Silence", attempt: Attempt) -> str:
    """Why no acknowledgement came."""
    match reason:
        case "closed":
            return _SILENCES[reason] + _if_closed(attempt)
        case "time-out" if not attempt.answered:
            return f"{_SILENCES[reason]}, or what listens there does not speak MLLP"
        case _:
            return _SILENCES[reason]


def unconnected(error: OSError, attempt: Attempt) -> str:
    """Why there is no connection."""
    match error:
        case SSLCertVerificationError():
            return f"no connection: TLS failed: {_unverified(error, attempt)} ({error.verify_message.rstrip('.')})"
        case SSLError():
            return f"no connection: TLS failed: {_handshake(error.reason or '', attempt)} ({error.reason})"
        case ConnectionRefusedError():
            return "no connection: nothing listens on that port of the host"
        case ConnectionError() if attempt.tls and not attempt.answered:
            return (
                "no connection: the server did not answer, or broke off the TLS handshake; it may speak no TLS on this "
                f"port (leave out --tls), or {_own_certificate(attempt)}"
            )
        case _:
            return f"no connection: {error.strerror or error}"


def _unverified(error: SSLCertVerificationError, attempt: Attempt) -> str:
    """What is wrong with the server's certificate."""
    if error.verify_code in _OTHER_NAME:
        return (
            f"the server's certificate is not for {attempt.host}; say in --to a name that it is for, or have it issued "
            "for this one"
        )
    if error.verify_code in _UNTRUSTED:
        authority = (
            "is not in the file of --ca" if attempt.ca else "this machine does not trust; name its file with --ca"
        )
        return f"the authority that issued the server's certificate {authority}"
    if error.verify_code == _ENDED:
        return "the server's certificate has ended and has to be renewed there"
    if error.verify_code == _NOT_YET:
        return "the server's certificate is not valid yet; is the clock of this machine right?"
    return "the server's certificate cannot be accepted"


def _handshake(reason: str, attempt: Attempt) -> str:
    """What the two sides could not agree on, by OpenSSL's reason."""
    if any(word in reason for word in _NO_VERSION):
        return "there is no TLS version that both sides speak; 1.2 or later is needed"
    if any(word in reason for word in _NO_TLS):
        return "the server speaks no TLS on this port; leave out --tls, or take its port for TLS"
    if any(word in reason for word in _OUR_CERTIFICATE):
        return _own_certificate(attempt)
    return "the handshake came to no end"


def _own_certificate(attempt: Attempt) -> str:
    if attempt.cert:
        return "the server does not accept the certificate of --cert; have its authority trusted there"
    return "the server wants a client certificate; show one with --cert and --key"


def _if_closed(attempt: Attempt) -> str:
    """What may be behind a connection that ends before anything was answered."""
    if attempt.answered:
        return ""
    return (
        f"; it may be that {_own_certificate(attempt)}"
        if attempt.tls
        else "; it may want TLS (--tls), or not speak MLLP"
    )
