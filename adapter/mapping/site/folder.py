"""Reads a site folder: site.yaml, and the site's own codes.csv, units.csv and values.csv, all of them optional.

Whatever is wrong in them is a TableError with file and line, and nothing is used.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from adapter.case.tables import Located, TableError, read_csv, read_yaml
from adapter.mapping.item import Codings, SentCode
from adapter.mapping.placeholders import Placeholders
from adapter.mapping.sender import IDENTIFIER_TYPES, Sender
from adapter.mapping.site.form import SenderForm, SiteForm
from adapter.mapping.site.match import SentBy
from adapter.mapping.site.profile import ANY_PROFILE, Accepted, AckPolicy, Profile
from adapter.mapping.site.site import Site
from adapter.mapping.tables import Tables, tables
from adapter.terminology.codes import load_codes
from adapter.terminology.systems import DEFAULT_BASE, CodeSystems
from adapter.terminology.units import load_units

SITE_FILE: Final = "site.yaml"
CODES, UNITS, VALUES = "codes.csv", "units.csv", "values.csv"
VALUE_COLUMNS: Final = ("question", "text", "system", "code", "note")
"""An answer that the site's senders write as text instead of a code."""


def plain_site(base: str = DEFAULT_BASE) -> Site:
    """The site of whom nothing is said: the shipped tables, and defaults for every sender."""
    return Site(tables(base))


def load_site(folder: Path | None, base: str = DEFAULT_BASE) -> Site:
    """The site of a folder, or the plain one without a folder. Raises TableError with file and line."""
    if folder is None:
        return plain_site(base)
    if not folder.is_dir():
        raise TableError(str(folder), 1, "there is no such site folder")
    try:
        return _load(folder, base)
    except OSError as error:
        raise TableError(Path(str(error.filename)).name, 1, f"cannot be read: {error.strerror}") from None


def _load(folder: Path, base: str) -> Site:
    file = folder / SITE_FILE
    located = read_yaml(file) if file.exists() else Located(SITE_FILE, {}, {})
    form = located.model(SiteForm)
    systems = _systems(located, form, tables(base).systems)
    known = _tables(folder, replace(tables(base), systems=systems))
    profiles = tuple(_profile(located, number, sender, known) for number, sender in enumerate(form.senders))
    return Site(known, profiles, ANY_PROFILE if form.unknown_senders == "accept" else None)


def _systems(located: Located, form: SiteForm, shipped: CodeSystems) -> CodeSystems:
    """The code systems with the names that the site gives to them, and those that only the site has."""
    uri_of = dict(shipped.uri_of)
    for name, means in form.code_systems.items():
        uri = _uri(located, ("code_systems", name), means, shipped)
        if shipped.uri(name) not in ("", uri):
            raise located.error(("code_systems", name), f"{name} already names {shipped.title(shipped.uri(name))}")
        uri_of[name] = uri
        uri_of.setdefault(uri, uri)
    for number, sender in enumerate(form.senders):
        for name, means in sender.code_systems.items():
            uri = _uri(located, ("senders", number, "code_systems", name), means, replace(shipped, uri_of=uri_of))
            uri_of.setdefault(uri, uri)
    return replace(shipped, uri_of=uri_of)


def _uri(located: Located, path: tuple[str | int, ...], means: str, known: CodeSystems) -> str:
    """The URI that is meant: that of a known code system by one of its names, or a URI of the site's own."""
    uri = known.uri(means)
    if not uri and ":" not in means:
        raise located.error(path, f"{means} is neither a known code system nor a URI")
    return uri or means


def _tables(folder: Path, shipped: Tables) -> Tables:
    """The shipped tables with the site's own codes, units and answers in text."""
    codes, units, values = folder / CODES, folder / UNITS, folder / VALUES
    if codes.exists():
        shipped = replace(shipped, codes=load_codes(codes, shipped.systems, shipped.codes))
    if units.exists():
        shipped = replace(shipped, units=load_units(units, shipped.units))
    if values.exists():
        shipped = replace(shipped, texts=_values(values, shipped))
    return shipped


def _values(file: Path, known: Tables) -> Mapping[tuple[str, str], Codings]:
    """values.csv: for a question (a concept of codes.csv, or a fact) the code that an exact text stands for."""
    texts: dict[tuple[str, str], Codings] = {}
    for line, row in read_csv(file, VALUE_COLUMNS):
        if row["question"] not in known.codes.concepts and row["question"] not in known.catalogue:
            raise TableError(file.name, line, f"{row['question']} is neither a concept of codes.csv nor a fact")
        if not row["text"] or not _is_code(row["system"], row["code"], known):
            raise TableError(file.name, line, f"an answer needs its text and a code that is known: {row['code']}")
        key = (row["question"], row["text"])
        if key in texts:
            raise TableError(file.name, line, f"the text {row['text']!r} stands twice for {row['question']}")
        texts[key] = (SentCode(known.systems.uri(row["system"]), row["code"]),)
    return MappingProxyType(texts)


def _is_code(sent: str, code: str, known: Tables) -> bool:
    system = known.systems.uri(sent)
    if system == known.own_system:
        return any(code in fact.values for fact in known.catalogue.facts.values()) or (system, code) in known.answers
    found = system and known.codes.find(system, known.systems.normal(system, code))
    return bool(found) or (system, code) in known.answers


def _profile(located: Located, number: int, form: SenderForm, known: Tables) -> Profile:
    systems = {
        name: _uri(located, ("senders", number, "code_systems", name), means, known.systems)
        for name, means in form.code_systems.items()
    }
    sender = Sender(
        authority=form.authority,
        identifier_types=form.identifier_types or IDENTIFIER_TYPES,
        zone=ZoneInfo(form.zone) if form.zone else None,
        charset=form.character_set,
        segment_ends=form.segment_ends,
        missing_data_type=form.data_type.missing,
        wrong_data_type=form.data_type.wrong,
        systems=MappingProxyType(systems),
        authorities=MappingProxyType(form.authorities),
        placeholders=Placeholders(form.placeholder_numbers, frozenset(form.real_numbers)),
    )
    return Profile(form.name, _sent_by(form), sender, _accepted(form), _acknowledge(form))


def _sent_by(form: SenderForm) -> SentBy:
    by = form.sent_by
    return SentBy(by.application, by.facility, frozenset(by.certificates), by.networks)


def _accepted(form: SenderForm) -> Accepted:
    accept = form.accept
    return Accepted(
        types=frozenset(accept.types),
        refuse_others=accept.other_types == "AR",
        processing_ids=frozenset(accept.processing_ids),
        versions=accept.versions,
        receivers=accept.pairs(),
    )


def _acknowledge(form: SenderForm) -> AckPolicy:
    how = form.acknowledge
    return AckPolicy(
        mode=how.mode,
        on_content_error=how.on_content_error,
        application_to=how.application,
        commit_blocks=how.commit_blocks == "yes",
        sequence_numbers=how.sequence_numbers == "yes",
    )
