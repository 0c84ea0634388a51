"""The form of site.yaml, checked strictly: names of keys, words, time zones, addresses, character sets.

Whether the names in it exist elsewhere (code systems, files) is checked where it is loaded (folder.py).
"""

from ipaddress import ip_network
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from adapter.hl7v2 import codec_of
from adapter.mapping.hl7v2_values import DATA_TYPES
from adapter.mapping.site.match import Network
from adapter.mapping.site.profile import SAME_CONNECTION, Acknowledging, OnContentError, Receiver


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone of the IANA database, such as Europe/Berlin") from None
    return text


def _charset(text: str) -> str:
    if codec_of(text) is None:
        raise ValueError("no character set that is read here: ASCII, UNICODE UTF-8, 8859/1 to 8859/15")
    return text


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("no address, and no network without host bits, such as 192.0.2.0/24") from None
    return text


def _data_type(text: str) -> str:
    if not text or text not in DATA_TYPES:
        raise ValueError(f"no data type of OBX-5 that is read here: {', '.join(filter(None, DATA_TYPES))}")
    return text


Text = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$")]
YesNo = Literal["yes", "no"]
DataType = Annotated[str, AfterValidator(_data_type)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SentByForm(_Strict):
    """Which messages are of the sender."""

    application: Annotated[tuple[Text, ...], Field(min_length=1)] = ("*",)
    facility: Annotated[tuple[Text, ...], Field(min_length=1)] = ("*",)
    certificates: tuple[Text, ...] = ()
    peers: tuple[Annotated[str, AfterValidator(_network)], ...] = ()

    @property
    def networks(self) -> tuple[Network, ...]:
        """The addresses."""
        return tuple(ip_network(text) for text in self.peers)


class DataTypeForm(_Strict):
    """What stands in for OBX-2."""

    missing: DataType | Literal[""] = ""
    wrong: DataType | Literal[""] = ""


class AcceptForm(_Strict):
    """Which messages are accepted."""

    types: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2}(\^[A-Z0-9]{3})?$")], ...] = ()
    other_types: Literal["AA", "AR"] = "AA"
    processing_ids: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]?$")], ...], Field(min_length=1)] = ("P", "")
    versions: Annotated[tuple[Annotated[str, Field(pattern=r"^2\.[0-9.]*$")], ...], Field(min_length=1)] = ("2.",)
    receivers: tuple[Annotated[str, Field(pattern=r"^[^/]*/[^/]*$")], ...] = ()

    def pairs(self) -> tuple[Receiver, ...]:
        """The receivers as application and facility."""
        return tuple(Receiver(*text.split("/")) for text in self.receivers)


class AcknowledgeForm(_Strict):
    """How the sender is answered."""

    mode: Acknowledging = "as asked"
    on_content_error: OnContentError = "AA"
    application: str = ""
    commit_blocks: YesNo = "no"
    sequence_numbers: YesNo = "no"

    @field_validator("application")
    @classmethod
    def _address(cls, text: str) -> str:
        host, _, port = text.rpartition(":")
        if text in ("", SAME_CONNECTION) or (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            return text
        raise ValueError(f"neither host:port nor '{SAME_CONNECTION}'")


class SenderForm(_Strict):
    """One sender."""

    name: Name
    sent_by: SentByForm
    authority: str = ""
    authorities: dict[Text, Text] = {}
    identifier_types: tuple[str, ...] = ()
    placeholder_numbers: tuple[Text, ...] = ()
    real_numbers: tuple[Text, ...] = ()
    zone: Annotated[str, AfterValidator(_zone)] | Literal[""] = ""
    character_set: Annotated[str, AfterValidator(_charset)] = "UNICODE UTF-8"
    segment_ends: Literal["any", "CR"] = "any"
    data_type: DataTypeForm = DataTypeForm()
    code_systems: dict[str, Text] = {}
    accept: AcceptForm = AcceptForm()
    acknowledge: AcknowledgeForm = AcknowledgeForm()


class SiteForm(_Strict):
    """The whole of site.yaml."""

    code_systems: dict[Text, Text] = {}
    unknown_senders: Literal["accept", "refuse"] = "accept"
    senders: tuple[SenderForm, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> "SiteForm":
        names = [sender.name for sender in self.senders]
        if len(names) != len(set(names)):
            raise ValueError("two senders have one name")
        return self
