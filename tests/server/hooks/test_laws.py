"""Laws of drafts: their order does not matter, selecting all of them is judging all, and no danger gets lost."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment
from adapter.advice.indicator import indicator
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.ehr import Reading
from adapter.server.hooks.judge import Judge
from adapter.server.hooks.services import SERVICES
from adapter.server.settings import Settings
from cds_hooks import read_request
from tests.server.hooks.calling import drafted, drug_order, example, service_order

JUDGE = Judge(tables(), rule_set())
NOW = Settings.model_validate({"as_of": "2026-01-12"}).now()
SERVICE = next(service for service in SERVICES if service.hook == "order-select")
POOL = (
    service_order("314617008", "tace"),
    service_order("314617008", "tace-again"),
    service_order("764677008", "sirt"),
    service_order("609232008", "mwa"),
    drug_order("3639", "dox"),
    drug_order("7617", "oct"),
    drug_order("37776", "tem"),
    drug_order("194000", "cap"),
)
ORDERS = st.lists(st.sampled_from(POOL), min_size=1, max_size=6, unique_by=lambda order: order["id"])


def judged(orders: list[dict[str, Any]], selected: list[dict[str, Any]]) -> Assessment:
    request = drafted(example("order-select-beside-tace"), *orders)
    request["context"]["selections"] = [f"{order['resourceType']}/{order['id']}" for order in selected]
    call = read_request(json.dumps(request).encode(), SERVICE)
    return JUDGE(call.context, Reading.as_sent(call, SERVICE), NOW, "").assessment


@settings(max_examples=25, deadline=None)
@given(ORDERS, st.randoms(use_true_random=False))
def test_the_order_of_drafts_makes_no_difference(orders: list[dict[str, Any]], random: Any) -> None:
    mixed = random.sample(orders, len(orders))
    one, other = judged(orders, orders[:1]), judged(mixed, orders[:1])
    assert (one.advice, one.call, one.earlier) == (other.advice, other.call, other.earlier)


@settings(max_examples=25, deadline=None)
@given(ORDERS, st.data())
def test_no_danger_gets_lost(orders: list[dict[str, Any]], data: st.DataObject) -> None:
    selected = data.draw(st.lists(st.sampled_from(orders), min_size=1, unique_by=lambda order: order["id"]))
    found, whole = judged(orders, selected), judged(orders, orders)
    codes = {code for danger in found.advice.dangers for code in danger.codes}
    assert found.advice.dangers == whole.advice.dangers
    assert {code for danger in found.urgent for code in danger.codes} == codes - found.earlier
    assert whole.earlier == frozenset()
    assert (indicator(found) == "critical") is bool(found.urgent)
    # What is dangerous by itself is urgent when it is selected.
    alone = {code for danger in judged(selected, selected).advice.dangers for code in danger.codes}
    assert alone.isdisjoint(found.earlier)
