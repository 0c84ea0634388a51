"""Checks a whole CDS Service response, our own or another's, against the specification.

Not needed on the way out: cards built with `card.py` are checked while they are built.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from cds_hooks.errors import BadRequest
from cds_hooks.fault import Fault
from cds_hooks.json_limits import scan
from cds_hooks.json_values import Json
from cds_hooks.profile import SPEC, EhrProfile
from cds_hooks.response_shape import RESPONSE, uuid_faults
from cds_hooks.sendable import value_faults
from cds_hooks.shape import elements_of, object_faults

_ROOT = "response"
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def check_response(body: bytes | Mapping[str, Json], profile: EhrProfile = SPEC) -> list[Fault]:
    """All faults of a response given as the bytes of its body or as parsed JSON; none means that it conforms.

    Places are paths such as `response.cards[0].summary`. Faults of severity warning are legal but unwise: what the
    specification advises against, and what a client of the given profile would not take.
    """
    if not isinstance(body, bytes):
        return list(_faults(body, profile))
    try:
        scan(body)
        parsed: object = _DECODER.decode(body)
    except BadRequest as error:
        return [Fault(error.code, _ROOT, error.hint)]
    return list(_faults(parsed, profile))


def _faults(response: object, profile: EhrProfile) -> Iterator[Fault]:
    yield from object_faults(response, _ROOT, RESPONSE)
    if not isinstance(response, Mapping):
        return
    for name, member in response.items():
        if name != "cards" or member != []:
            yield from value_faults(member, f"{_ROOT}.{name}")
    cards = [(f"{_ROOT}.cards[{index}]", card) for index, card in enumerate(elements_of(response.get("cards")))]
    yield from uuid_faults(cards)
    for place, card in cards:
        yield from profile.card_faults(card, place)
    if "systemActions" in response:
        hint = "They bypass human review; only where agreed with this client beforehand."
        yield Fault("system-actions", f"{_ROOT}.systemActions", hint, "warning")
