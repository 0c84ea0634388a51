import pytest

from cds_hooks import HOOK_NAMES, HOOK_VERSIONS, HookName, InvalidMember, Registry, Service
from tests.cds_hooks.calls import service

PATIENT = "{{context.patientId}}"


def refused_codes(template: str, hook: HookName = "patient-view") -> set[str]:
    with pytest.raises(InvalidMember) as caught:
        Service("s", hook, "d", prefetch={"key": template})
    assert {fault.place for fault in caught.value.faults} == {"services[s].prefetch.key"}
    return {fault.code for fault in caught.value.faults}


def test_D3_an_entry_has_id_hook_and_description() -> None:
    assert Service("s", "patient-view", "Tells.").to_json() == {
        "id": "s",
        "hook": "patient-view",
        "description": "Tells.",
    }


def test_D4_title_prefetch_and_usage_requirements_are_told() -> None:
    offered = Service("s", "order-sign", "Tells.", "Title", {"p": f"Patient/{PATIENT}"}, "A laboratory feed.")
    assert offered.to_json() == {
        "id": "s",
        "hook": "order-sign",
        "title": "Title",
        "description": "Tells.",
        "prefetch": {"p": "Patient/{{context.patientId}}"},
        "usageRequirements": "A laboratory feed.",
    }


def test_D2_the_document_lists_the_services_in_their_order() -> None:
    registry = Registry([Service("b", "patient-view", "B."), Service("a", "order-sign", "A.")])
    listed = registry.to_json()["services"]
    assert isinstance(listed, list)
    assert [entry["id"] for entry in listed] == ["b", "a"]
    assert Registry([]).to_json() == {"services": []}


def test_D7_two_services_of_one_id_are_refused() -> None:
    with pytest.raises(InvalidMember, match="duplicate-id"):
        Registry([Service("s", "patient-view", "B."), Service("s", "order-sign", "A.")])


def test_D7_an_id_may_be_shared_by_hooks_where_that_is_wanted() -> None:
    view, sign = Service("s", "patient-view", "B."), Service("s", "order-sign", "A.")
    registry = Registry([view, sign, Service("t", "patient-view", "C.")], shared_ids=True)
    assert registry.find("s") == (view, sign)
    assert registry.ids == {"s", "t"}
    listed = registry.to_json()["services"]
    assert isinstance(listed, list)
    assert [(entry["id"], entry["hook"]) for entry in listed] == [
        ("s", "patient-view"),
        ("s", "order-sign"),
        ("t", "patient-view"),
    ]
    with pytest.raises(InvalidMember, match="duplicate-id"):
        Registry([view, Service("s", "patient-view", "C.")], shared_ids=True)


def test_D5_versions_are_told_where_they_are_given() -> None:
    offered = Service("s", "order-sign", "Tells.", version="2.0.1", hook_version="1.1.0")
    assert offered.to_json() == {
        "id": "s",
        "hook": "order-sign",
        "description": "Tells.",
        "version": "2.0.1",
        "hookVersion": "1.1.0",
    }
    assert not {"version", "hookVersion"} & service().to_json().keys()


@pytest.mark.parametrize("version", ["", "2", "2.0", "v2.0.1", "2.0.1.0", "2.0.1-", "STU2", "2.0.1\n"])
def test_D5_the_version_is_semantic(version: str) -> None:
    with pytest.raises(InvalidMember, match="version-form"):
        Service("s", "patient-view", "B.", version=version)


@pytest.mark.parametrize("hook", sorted(HOOK_NAMES))
def test_D5_the_hook_version_is_a_published_one(hook: HookName) -> None:
    for version in HOOK_VERSIONS[hook]:
        assert Service("s", hook, "B.", hook_version=version).hook_version == version
    for version in ("", "1", "2.0", "0.9"):
        with pytest.raises(InvalidMember, match="hook-version"):
            Service("s", hook, "B.", hook_version=version)


def test_G7_the_extension_of_an_entry_is_an_object() -> None:
    offered = Service("s", "patient-view", "B.", extension={"org.example.contact": "x"})
    assert offered.to_json()["extension"] == {"org.example.contact": "x"}
    with pytest.raises(InvalidMember, match="empty-value"):
        Service("s", "patient-view", "B.", extension={"org.example.contact": ""})
    with pytest.raises(InvalidMember, match="wrong-type"):
        Service("s", "patient-view", "B.", extension=["x"])  # type: ignore[arg-type]


def test_P5_fhirpath_in_templates_is_not_used() -> None:
    for template in (
        "Patient/{{%patient.id}}",
        "Observation?date=ge{{today() - 90 days}}",
        "Patient/{{context.x.resolve()}}",
    ):
        assert "template-token" in refused_codes(template)


@pytest.mark.parametrize("service_id", ["", "a b", "a/b", "ä", "a?b", "x\n"])
def test_D3_the_id_is_part_of_a_url(service_id: str) -> None:
    with pytest.raises(InvalidMember, match="service-id"):
        Service(service_id, "patient-view", "B.")


def test_D3_the_hook_is_known_and_the_description_is_there() -> None:
    with pytest.raises(InvalidMember, match="unknown-hook"):
        Service("s", "patient-vue", "B.")  # type: ignore[arg-type]
    with pytest.raises(InvalidMember, match="missing-member"):
        Service("s", "patient-view", " ")


def test_templates_cannot_change_after_the_check() -> None:
    templates = {"p": f"Patient/{PATIENT}"}
    offered = Service("s", "patient-view", "d", prefetch=templates)
    templates["p"] = "changed"
    assert offered.prefetch["p"] == f"Patient/{PATIENT}"
    with pytest.raises(TypeError):
        offered.prefetch["p"] = "changed"  # type: ignore[index]


@pytest.mark.parametrize(
    "template",
    [
        f"Patient/{PATIENT}",
        "{{context.userId}}",
        "Practitioner/{{userPractitionerId}}",
        "Encounter/{{context.encounterId}}",
        f"Observation?patient={PATIENT}&code=http://loinc.org|777-3,http://loinc.org|1975-2&_sort=-date&_count=50",
        f"Observation?patient={PATIENT}&code:in=http://example.org/ValueSet/x&date=ge2026-01-01",
        f"Condition?patient={PATIENT}&_lastUpdated=gt2026-01-01T00:00:00Z&clinical-status=active",
        f"Patient?_id={PATIENT}",
    ],
)
def test_P1_P4_portable_templates_are_accepted(template: str) -> None:
    assert service(key=template).prefetch["key"] == template


@pytest.mark.parametrize(
    "template",
    [
        "",
        "Patient",
        f"https://ehr.example.org/Patient/{PATIENT}",
        f"/Patient/{PATIENT}",
        f"Patient/{PATIENT}/_history/1",
        f"Patient/{PATIENT}/$everything",
        f"Patient/{PATIENT}/Observation?code=x",
        f"?patient={PATIENT}",
        f"patient?_id={PATIENT}",
        f"Observation?patient={PATIENT}&code=a b",
        f"Observation?patient={PATIENT}&code=ä",
    ],
)
def test_P1_a_template_is_a_relative_read_or_a_type_level_search(template: str) -> None:
    assert "template-form" in refused_codes(template)


@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{patientId}}",
        "Patient/{{context.patient}}",
        "Patient/{{ context.patientId }}",
        "Patient/{context.patientId}",
        "Patient/{{context.patientId}",
        f"Observation?patient={PATIENT}&date=ge{{{{today()}}}}",
        "Patient/{{%patient.id}}",
    ],
)
def test_P2_tokens_are_context_members_and_user_ids(template: str) -> None:
    assert "template-token" in refused_codes(template)


@pytest.mark.parametrize(
    ("hook", "token"),
    [
        ("order-select", "context.draftOrders.entry.resource.id"),
        ("order-select", "context.selections"),
        ("order-sign", "context.draftOrders"),
        ("order-dispatch", "context.userId"),
        ("order-dispatch", "context.dispatchedOrders"),
        ("problem-list-item-create", "context.conditions"),
    ],
)
def test_P3_only_primitive_root_members_are_tokens(hook: HookName, token: str) -> None:
    assert "template-token" in refused_codes(f"Observation?patient={{{{{token}}}}}", hook)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("_include=Observation:subject", "template-parameter"),
        ("_revinclude=Provenance:target", "template-parameter"),
        ("code:not=x", "template-parameter"),
        ("subject.name=x", "template-parameter"),
        ("_has:Observation:patient:code=x", "template-parameter"),
        ("_summary=true", "template-parameter"),
        ("code", "template-parameter"),
        ("date=ne2026-01-01", "template-prefix"),
        ("date=sa2026-01-01", "template-prefix"),
        ("date=eb2026-01-01", "template-prefix"),
        ("date=ap2026", "template-prefix"),
        ("value-quantity=gt5.4", "template-prefix"),
        ("date=ge2026-01-01&date=le2026-12-31", "template-repeated"),
    ],
)
def test_P4_a_search_stays_in_the_portable_subset(query: str, code: str) -> None:
    assert code in refused_codes(f"Observation?patient={PATIENT}&{query}")
