"""For which endpoint a token was made: its `aud` beside the URLs at which clients are told to call us.

Not beside the URL of the request: proxies rewrite that one, and a caller chooses its Host header.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from cds_hooks.urls import is_absolute_url

_MOST_AUDIENCES = 16
_DEFAULT_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})


@dataclass(frozen=True, slots=True)
class Audience:
    """The public addresses of the services, without `/cds-services`, as clients know them; ValueError for one that is
    no absolute URL.

    `spellings` holds further values of `aud` for one endpoint (`""` is discovery, `ID`, `ID/feedback`), since some
    clients have theirs typed in by hand. They are compared as they are.
    """

    public_urls: tuple[str, ...]
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse addresses that no `aud` could ever equal."""
        if not self.public_urls:
            raise ValueError("an audience needs the public URL at which clients call")
        for url in self.public_urls:
            if _plain(url) is None:
                raise ValueError(f"not an absolute URL without query and fragment: {url}")

    def accepts(self, sent: str | list[str], endpoint: str) -> bool:
        """Whether one of the values of `aud` is the URL of the endpoint (checklist J5).

        A slash at the end, a doubled slash, the case of the host and the default port make no difference: clients
        differ in them, and none of them leads to another endpoint.
        """
        values = [sent] if isinstance(sent, str) else sent
        if len(values) > _MOST_AUDIENCES:
            return False
        wanted = {_plain(f"{base}/cds-services/{endpoint}") for base in self.public_urls} - {None}
        spelled = self.spellings.get(endpoint, ())
        return any(value in spelled or _plain(value) in wanted for value in values)


def _plain(url: str) -> str | None:
    """The URL in one of its equal spellings, or None where it is no absolute URL or has a query or a fragment."""
    if not is_absolute_url(url) or "?" in url or "#" in url:
        return None
    parts = urlsplit(url)
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    path = "/".join(segment for segment in parts.path.split("/") if segment)
    return f"{parts.scheme}://{parts.hostname}{port}/{path}"
