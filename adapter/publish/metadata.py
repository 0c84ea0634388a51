"""What every published resource says of itself: identity, version, status, description, licence.

No publisher, no contact and no date stand here: whoever puts the resources on a server adds their own.
"""

import re
from collections.abc import Iterable
from html import escape

from adapter.advice.parts import INTENDED
from adapter.publish.canonical import Canonicals
from adapter.publish.notices import notice

Resource = dict[str, object]

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def head(
    places: Canonicals, kind: str, identifier: str, title: str, description: str, *, systems: Iterable[str] = ()
) -> Resource:
    """The first elements of a resource. `systems` are the code systems whose content it carries: their notices become
    its copyright, after those of the papers."""
    name = "".join(part.capitalize() for part in identifier.split("-"))
    return {
        "resourceType": kind,
        "id": identifier,
        "text": {"status": "generated", "div": narrative(title, description)},
        "url": places.url(kind, identifier),
        "version": places.version,
        "name": name,
        "title": title,
        "status": "draft",
        "experimental": True,
        "description": markdown(description),
        "purpose": INTENDED,
        "copyright": notice(systems),
    }


def narrative(title: str, description: str) -> str:
    """The resource for people, as XHTML."""
    paragraphs = f"<p><b>{escape(title, quote=False)}</b></p><p>{escape(description, quote=False)}</p>"
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'


def markdown(text: str) -> str:
    """Text for a Markdown element: what would be taken for an HTML tag, and vanish, is escaped."""
    return _TAG.sub(r"\\<", text)


def concept(system: str, code: str, display: str = "", *, text: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    return with_values({"coding": [coding(system, code, display)], "text": text})


def coding(system: str, code: str, display: str = "") -> Resource:
    """A Coding; without display where there is none, or none that may be passed on."""
    return with_values({"system": system, "code": code, "display": display})


def with_values(element: Resource) -> Resource:
    """The element without members that have nothing in them."""
    return {name: value for name, value in element.items() if value not in ("", [], {}, None)}
