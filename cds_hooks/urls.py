"""What counts as an absolute URL in CDS Hooks.

Not for deciding whether a URL may be fetched: that needs the origins configured for a client.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%|{}]{1,8192}")


def is_absolute_url(text: str) -> bool:
    """Whether the text is an http or https URL with a host and without user information."""
    if not _URL_CHARACTERS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, user, _port = parts.hostname, parts.username, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and user is None


def is_confidential_url(text: str) -> bool:
    """Whether the text is an absolute URL whose traffic nobody else can read or change: https, or this machine."""
    if not is_absolute_url(text):
        return False
    parts = urlsplit(text)
    return parts.scheme == "https" or _is_this_machine(parts.hostname or "")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
