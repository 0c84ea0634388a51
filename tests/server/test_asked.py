"""Which query an answer says it is of: one for another patient, for nobody or for another type is told from odd links."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.server.ehr.asked import misdirected
from adapter.server.ehr.query import type_of

OURS = "hk-31"
EHR = "https://ehr.example.org/fhir"


def fault(url: str, *, kind: str = "Condition", server: str = EHR) -> str | None:
    return misdirected((url,), kind, OURS, server)


OURS_IN_ALL_SPELLINGS = (
    OURS,
    f"Patient/{OURS}",
    f"{EHR}/Patient/{OURS}",
    f"HTTPS://EHR.example.org:443/fhir/Patient/{OURS}",
    f"http://inner:8080/r4/Patient/{OURS}",
    f"Patient/{OURS}/_history/2",
    f"other,{OURS}",
)
PARAMETERS = ("patient", "subject", "patient:Patient", "subject:Patient", "Patient")
PATHS = ("Condition", "Condition/", "/Condition", "Condition/_search", f"Patient/{OURS}/Condition")


@st.composite
def self_links(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    """A self link for conditions of a patient, as servers may write it."""
    named = [f"{draw(st.sampled_from(PARAMETERS))}={draw(_encoded(values))}"]
    more = draw(st.lists(st.sampled_from(["_format=json", "category=a%7Cb", "_include=x", "", "&"]), max_size=3))
    query = "&".join(draw(st.permutations([*named, *more])))
    return f"http://inner:8080/r4/{draw(st.sampled_from(PATHS))}?{query}"


def _encoded(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda value, safe: quote(value, safe=safe), values, st.sampled_from(["", "/", "/:,"]))


@given(self_links(st.sampled_from(OURS_IN_ALL_SPELLINGS)))
def test_our_patient_is_known_in_every_spelling(url: str) -> None:
    assert fault(url) is None


@pytest.mark.hazard("HZ-P01")
@given(self_links(st.sampled_from(["other", "Patient/HK-31", f"{EHR}/Patient/other", "a,b", f"{OURS}x"])))
def test_another_patient_is_known_in_every_spelling(url: str) -> None:
    assert fault(url) == "other-patient"


@pytest.mark.hazard("HZ-P01")
@pytest.mark.parametrize(
    "url",
    [
        f"{EHR}/Condition?patient={OURS}&subject=other",
        f"{EHR}/Condition?patient=other&patient={OURS}",
        f"{EHR}/Patient/other/Condition",
        f"{EHR}/Patient/other/Condition?patient={OURS}",
        f"{EHR}/Patient/other/$everything?_type=Condition",
        f"{EHR}/Patient/other",
        f"{EHR}/Observation?patient=other",
        f"{EHR}/Condition?patient=https://elsewhere.example.org/fhir/Patient/{OURS}",
        "Condition?patient=other",
    ],
)
def test_other_queries_for_another_patient(url: str) -> None:
    assert fault(url) == "other-patient"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "value",
    ["", "undefined", "null", "Patient/", "Patient/null", "Patient/undefined", "None", "NaN", "[[context.patientId]]",
     "%5B%5Bcontext.patientId%5D%5D", "${patientId}", "{context.patientId}", "Group/7", "null,undefined", "[object Object]"],
)  # fmt: skip
def test_a_query_for_nobody(value: str) -> None:
    assert fault(f"{EHR}/Condition?_count=50&patient={value}") == "no-patient"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("value", ["", "undefined", "null", "%7BpatientId%7D"])
def test_a_search_in_the_compartment_of_nobody(value: str) -> None:
    assert fault(f"{EHR}/Patient/{value}/Condition") == "no-patient"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "url",
    [
        f"{EHR}/Observation?patient={OURS}",
        f"{EHR}/Observation/_search?patient={OURS}",
        f"{EHR}/Patient/{OURS}/Observation",
        f"Observation?subject=Patient/{OURS}",
    ],
)
def test_a_query_for_another_type(url: str) -> None:
    assert fault(url) == "other-type"
    assert fault(url, kind="Observation") is None
    assert fault(url, kind="") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/",
        EHR,
        f"{EHR}?_getpages=4711",
        f"{EHR}?_type=Condition&patient={OURS}",
        f"https://gw.example.org/FHIR?patient={OURS}",
        f"{EHR}/Condition",
        f"{EHR}/Observation",
        f"{EHR}/Condition?_id=7",
        f"{EHR}/Observation?category=laboratory",
        f"{EHR}/Condition?patient.identifier=urn:oid:1.2.3%7C7",
        f"{EHR}/Condition?patient:identifier=7",
        f"{EHR}/Patient/{OURS}/Condition",
        f"{EHR}/Patient/{OURS}/Condition/_search",
        f"{EHR}/Patient/{OURS}/$everything",
        f"{EHR}/Patient/{OURS}",
        f"{EHR}/Patient/$match?x=y",
        f"{EHR}/Condition#patient=other",
        f"{EHR}/Condition?patient={'other,' * 2_000}",
        "urn:uuid:6f1c9a52-83d4-4c7e-9a11-000000000003",
        "https://[/Condition",
        "?",
    ],
)
def test_odd_self_links_are_no_suspicion(url: str) -> None:
    assert fault(url) is None


def test_without_a_known_server_an_absolute_address_of_the_id_is_ours() -> None:
    url = f"Condition?patient=https://elsewhere.example.org/fhir/Patient/{OURS}"
    assert fault(url, server="") is None
    assert fault(url) == "other-patient"


def test_an_id_that_looks_like_none_is_ours_where_it_is_the_patient_s() -> None:
    assert misdirected((f"{EHR}/Condition?patient=null",), "Condition", "null", EHR) is None


def test_the_gravest_of_several_links_counts() -> None:
    links = [f"{EHR}/Condition?patient={value}" for value in (OURS, "", "other")]
    assert misdirected(links[:1], "Condition", OURS, EHR) is None
    assert misdirected(links[:2], "Condition", OURS, EHR) == "no-patient"
    assert misdirected(links, "Condition", OURS, EHR) == "other-patient"


@given(st.text(), st.text())
def test_any_text_is_judged(path: str, query: str) -> None:
    assert fault(f"{path}?{query}") in (None, "other-patient", "no-patient", "other-type")


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("Patient/{{context.patientId}}", "Patient"),
        ("Condition?patient={{context.patientId}}", "Condition"),
        ("{{context.userId}}", ""),
    ],
)
def test_the_type_that_a_template_asks_for(template: str, kind: str) -> None:
    assert type_of(template) == kind
