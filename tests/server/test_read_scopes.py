"""What the scopes of a token allow, and how a template becomes a query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.server.ehr.query import Query, fill_in
from adapter.server.ehr.scopes import Access, Scopes
from cds_hooks import HookContext, OrderDispatch, PatientView

BOTH: tuple[Access, ...] = ("read", "search")


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("patient/Observation.read", BOTH),
        ("patient/*.read", BOTH),
        ("patient/*.*", BOTH),
        ("user/Observation.*", BOTH),
        ("system/*.read", BOTH),
        ("openid launch user/*.read offline_access", BOTH),
        ("patient/Observation.rs", BOTH),
        ("user/*.cruds", BOTH),
        ("patient/Observation.r", ("read",)),
        ("patient/Observation.s", ("search",)),
        ("patient/Observation.r user/Observation.s", BOTH),
        ("patient/Observation.cud", ()),
        ("patient/Observation.write", ()),
        ("patient/Observation.sr", ()),
        ("patient/Observation.", ()),
        ("patient/Observation", ()),
        ("patient/observation.read", ()),
        ("patient/Observation.Read", ()),
        ("Patient/Observation.read", ()),
        ("patient/Condition.read", ()),
        ("patient/Observations.read", ()),
        ("patient/Observation.rs?category=laboratory", ()),
        ("https://ehr.example.org/patient/Observation.read", ()),
        ("patient/Observation.read,patient/Condition.read", ()),
        ("launch", ()),
        ("", ()),
    ],
)
def test_scopes_of_both_syntaxes(text: str, covered: tuple[Access, ...]) -> None:
    scopes = Scopes(text, of_patient=True)
    assert tuple(access for access in BOTH if scopes.cover("Observation", access)) == covered


def test_patient_scopes_of_a_token_that_names_no_patient_do_not_count() -> None:
    assert not Scopes("patient/*.* patient/Observation.rs", of_patient=False).cover("Observation", "search")
    assert Scopes("patient/*.* user/Observation.rs", of_patient=False).cover("Observation", "search")


@given(st.text(alphabet="patientusery/*.OICReadwcrs? ", max_size=40))
def test_no_scope_gives_more_for_a_type_than_for_all_types_together(text: str) -> None:
    without = Scopes(text, of_patient=False)
    whole = Scopes(text, of_patient=True)
    for access in BOTH:
        assert whole.cover("Observation", access) >= without.cover("Observation", access)
        assert Scopes(f"{text} user/*.rs", of_patient=False).cover("Observation", access)


VIEW = PatientView("Practitioner/u1", "P1", "E1")
DISPATCH = OrderDispatch("P1", ("ServiceRequest/s1",), "Organization/o1", ())


@pytest.mark.parametrize(
    ("template", "context", "query"),
    [
        ("Patient/{{context.patientId}}", VIEW, Query("Patient/P1", "Patient", "read", counted=False)),
        ("{{context.userId}}", VIEW, Query("Practitioner/u1", "Practitioner", "read", counted=False)),
        (
            "Encounter?_id={{context.encounterId}}&patient={{context.patientId}}",
            VIEW,
            Query("Encounter?_id=E1&patient=P1", "Encounter", "search", counted=False),
        ),
        (
            "Observation?patient={{context.patientId}}&_count=1",
            VIEW,
            Query("Observation?patient=P1&_count=1", "Observation", "search", counted=True),
        ),
        (
            "PractitionerRole?practitioner={{userPractitionerId}}",
            VIEW,
            Query("PractitionerRole?practitioner=u1", "PractitionerRole", "search", counted=False),
        ),
        ("PractitionerRole/{{userPractitionerRoleId}}", VIEW, None),
        ("Encounter/{{context.encounterId}}", PatientView("Practitioner/u1", "P1", None), None),
        ("{{context.userId}}", DISPATCH, None),
        ("Observation?patient={{context.draftOrders}}", VIEW, None),
        ("Patient/{{context.patientId}}", DISPATCH, Query("Patient/P1", "Patient", "read", counted=False)),
        (
            "{{context.userId}}",
            PatientView("https://ehr.example.org/fhir/Practitioner/u1", "P1", None),
            Query("https://ehr.example.org/fhir/Practitioner/u1", "Practitioner", "read", counted=False),
        ),
    ],
)
def test_a_template_is_filled_in_from_the_context(template: str, context: HookContext, query: Query | None) -> None:
    assert fill_in(template, context) == query
