"""FHIR references: whose a resource is, and which resource another one means.

Relative (`Patient/p1`), absolute, `urn:uuid:` and versioned forms are made equal only where the rules of FHIR say so.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from adapter.fhir.elements import Reference

_RESTFUL = re.compile(
    r"(?P<base>https?://\S+/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-._~]{1,255})(?:/_history/[A-Za-z0-9\-.]+)?"
)


_PLAIN = re.compile(
    r"urn:(?:uuid|oid):[A-Za-z0-9.\-]{1,64}"
    r"|(?:https?://[A-Za-z0-9\-._~:/%]{1,255}/)?[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-._~]{1,255}"
)


def is_plain(key: str) -> bool:
    """Whether a key has only what ids and addresses are made of: any other one may hold words of its sender."""
    return _PLAIN.fullmatch(key) is not None


_ADDRESS = re.compile(r"(?i:(https?))://(\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]\s]+)(?::([0-9]{1,5}))?((?:[/?#].*)?)", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)
def one_spelling(text: str) -> str:
    """An address with scheme and host in small letters, without default port and dots at the end of the host; any other
    text as it is. Paths are not touched: their letters count."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return text
    scheme, host, port, path = match.groups()
    scheme, host = scheme.lower(), host.lower().rstrip(".")
    kept = f":{int(port)}" if port and int(port) != _DEFAULT_PORTS[scheme] else ""
    return f"{scheme}://{host}{kept}{path}"


def key_of(text: str, *, server: str = "") -> str | None:
    """The reference as a key: `Type/id`, `urn:uuid:...`, or the absolute URL of another server; else None.

    `server` is the FHIR base that relative references belong to; an absolute reference to it equals the relative one,
    however its address is spelled.
    """
    if text.startswith("urn:"):
        return text
    match = _RESTFUL.fullmatch(one_spelling(text))
    if match is None:
        return None
    local = f"{match['type']}/{match['id']}"
    base = match["base"]
    if base is None or (server and base.rstrip("/") == one_spelling(server).rstrip("/")):
        return local
    return base + local


def resolve(reference: Reference | None, names: Mapping[str, str], *, server: str = "", base: str = "") -> str | None:
    """The key of the resource that a reference means. `names` maps each fullUrl and `Type/id` of a Bundle to a key.

    `base` is the server that the fullUrl of the referring entry names: relative references are relative to it.
    """
    if reference is None or not reference.reference:
        return None
    text, own = one_spelling(reference.reference).split("/_history/")[0], one_spelling(server).rstrip("/")
    if base and f"{base}/{text}" in names:
        return names[f"{base}/{text}"]
    foreign = own and text.startswith("http") and not text.startswith(f"{own}/")
    if foreign and not (base and text.startswith(f"{base}/")):
        return text
    if text in names:
        return names[text]
    key = key_of(reference.reference, server=own)
    return None if key is None else names.get(key, key)
