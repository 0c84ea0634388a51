"""The PlanDefinition against the rule files: every rule once, with its words, sources, strengths and signature."""

from dataclasses import replace

import pytest

from adapter.ldt import RuleSet, rule_set, site_rule_set
from adapter.ldt.expression import Available
from adapter.ldt.rule import Rated
from adapter.ldt.schema import SignOff
from adapter.ldt.words import sentence, words_of
from adapter.mapping.tables import tables
from adapter.publish import knowledge
from adapter.terminology.systems import DEFAULT_BASE as BASE
from tests.publish.published import FACT, STRENGTH, Json, as_read, one, rule_actions
from tests.repository import ROOT

PLAN = one("PlanDefinition", "ldt-nelm")
ACTIONS = {action["id"]: action for action in rule_actions()}
RULES = rule_set().rules


def labelled(action: Json, label: str) -> list[str]:
    return [artifact["display"] for artifact in action["documentation"] if artifact["label"] == label]


def ratings(action: Json) -> list[tuple[str, str]]:
    """Therapy and strength of each effect that rates one."""
    found = []
    for effect in action["action"]:
        for artifact in effect.get("documentation", []):
            for extension in artifact.get("document", {}).get("extension", []):
                assert extension["url"] == "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"
                (coding,) = extension["valueCodeableConcept"]["coding"]
                assert coding["system"] == STRENGTH
                found.append((effect["code"][0]["coding"][0]["code"], coding["code"]))
    return found


def test_every_rule_stands_once_and_nothing_else_does() -> None:
    assert [action["id"] for action in rule_actions()] == list(RULES)
    assert len(RULES) == 150


def test_sections_are_those_of_the_rule_files() -> None:
    assert [section["title"] for section in PLAN["action"]] == list(dict.fromkeys(r.section for r in RULES.values()))
    for section in PLAN["action"]:
        assert {RULES[action["id"]].section for action in section["action"]} == {section["title"]}


@pytest.mark.parametrize("rule", RULES)
def test_the_words_of_a_rule_are_unchanged(rule: str) -> None:
    row, action = RULES[rule].row, ACTIONS[rule]
    (condition,) = action["condition"]
    assert condition["kind"] == "applicability"
    expression = condition["expression"]
    assert (expression["name"], expression["language"], expression["expression"]) == (
        rule,
        "text/x-ldt-condition",
        row.when,
    )
    assert expression["description"] == f"{sentence(words_of(RULES[rule].condition, rule_set()))}."
    assert (action["prefix"], action["title"], action["description"]) == (rule, row.title, row.statement)
    assert action["reason"] == [{"text": row.why}]


@pytest.mark.parametrize("rule", RULES)
def test_every_citation_of_a_rule_is_there(rule: str) -> None:
    citations = {document.code: document.citation for document in rule_set().documents}
    cited = [a for a in ACTIONS[rule]["documentation"] if a["type"] == "citation"]
    assert [(a["label"], a["display"], a["citation"]) for a in cited] == [
        (s.document, f"{s.section}: {s.quote_start}", citations[s.document]) for s in RULES[rule].row.sources
    ]


@pytest.mark.parametrize("rule", RULES)
def test_every_effect_of_a_rule_is_one_action(rule: str) -> None:
    effects = RULES[rule].row.effects
    rated = [(code, kind.value) for effect in effects for kind in Rated for code in getattr(effect, kind.value) or ()]
    remarks = [getattr(e, name) for e in effects for name in ("stop", "caution", "action", "note") if getattr(e, name)]
    assert ratings(ACTIONS[rule]) == rated
    assert len(ACTIONS[rule]["action"]) == len(rated) + len(remarks)
    codes = [effect["code"][0]["coding"][0] for effect in ACTIONS[rule]["action"]]
    assert {code["system"] for code in codes} == {FACT}
    assert sorted(code["code"] for code in codes) == sorted([code for code, _ in rated] + remarks)


OFFERS = {"preferred", "reasonable", "support"}
EXCLUDES = {"not_recommended", "override_not_recommended", "contraindicated"}


@pytest.mark.parametrize("rule", RULES)
def test_only_what_offers_a_therapy_proposes_it(rule: str) -> None:
    """An engine that takes the definitions literally must never propose what a rule speaks against."""
    for effect in ACTIONS[rule]["action"]:
        rated = [kind for _, kind in ratings({"action": [effect]})]
        definition = effect.get("definitionCanonical", "")
        not_to = [(value["path"], value["expression"]["expression"]) for value in effect.get("dynamicValue", [])]
        if not rated or rated[0] in ("downgrade", "not_recommended"):  # a minus of Table 1 may be set aside (P4)
            assert (definition, not_to) == ("", [])
            continue
        code = effect["code"][0]["coding"][0]["code"]
        assert one("ActivityDefinition", definition.split("/")[-1].split("|")[0])["code"]["coding"][0]["code"] == code
        assert not_to == ([("doNotPerform", "true")] if rated[0] in EXCLUDES else [])
        assert ("requiredBehavior" in effect) == (rated[0] in OFFERS)
        assert effect.get("precheckBehavior", "no") == "no"


@pytest.mark.parametrize("rule", RULES)
def test_the_input_of_a_rule_is_every_fact_that_it_reads(rule: str) -> None:
    asked = [code["code"] for need in ACTIONS[rule]["input"] for f in need["codeFilter"] for code in f["code"]]
    leaves = list(RULES[rule].condition.leaves())
    plan = {"planned_therapies"} if any(isinstance(leaf, Available) for leaf in leaves) else set()
    assert set(asked) == set(RULES[rule].facts) | plan
    assert len(asked) == len(set(asked))


def test_basis_missing_signature_and_conflicts_are_named() -> None:
    for rule, action in ACTIONS.items():
        row = RULES[rule].row
        assert labelled(action, "basis") == [f"Basis: {row.basis}"]
        assert labelled(action, "sign-off") == ["Clinical sign-off: unsigned"]
        for conflict in row.conflicts:
            assert rule_set().conflicts[conflict].title in labelled(action, conflict)[0]
        for other in row.related_rules:
            assert RULES[other].row.title in labelled(action, other)[0]
        for kind, facts in (("asks for", row.ask), ("silent without", row.silent)):
            assert all(f"({fact})" in labelled(action, kind)[0] for fact in facts)
            assert bool(facts) == bool(labelled(action, kind))


def test_papers_conflicts_flags_and_policies_stand_with_their_texts() -> None:
    rules = rule_set()
    found = {artifact["label"]: artifact["citation"] for artifact in PLAN["relatedArtifact"]}
    assert len(found) == len(PLAN["relatedArtifact"])
    for document in rules.documents:
        assert found.pop(document.code) == document.citation
    for conflict in rules.conflicts.values():
        text = found.pop(conflict.id)
        assert all(part in text for part in (conflict.position_a, conflict.position_b, conflict.policy, "unsigned"))
    for policy in rules.policies:
        text = found.pop(policy.id)
        assert policy.text in text.replace("\\<", "<")
        assert "unsigned" in text
    assert {flag.id: flag.text in found.pop(flag.id) for flag in rules.flags} == {flag.id: True for flag in rules.flags}
    assert found == {}


def test_what_nobody_signed_is_named_in_the_description() -> None:
    assert "150 rules on 39 therapies and drugs" in PLAN["description"]
    assert "without formal grading of evidence" in PLAN["description"]
    policy = [rule for rule in RULES.values() if "POLICY" in rule.row.basis]
    assert all(rule.id in PLAN["description"] for rule in policy)


def signed(rules: RuleSet, item: str) -> RuleSet:
    signature = SignOff(
        item=item,
        digest=rules.digests[item],
        version=rules.version,
        by="A. Clinician",
        role="hepatologist",
        day="2026-02-01",
    )
    return replace(rules, sign_offs=(signature,))


def test_a_signature_stands_at_the_rule_that_was_signed_and_no_other() -> None:
    published = knowledge(signed(rule_set(), "R-204"), tables(), BASE).resources
    (plan,) = (as_read(resource) for resource in published if resource["resourceType"] == "PlanDefinition")
    actions = [action for section in plan["action"] for action in section["action"]]
    said = {action["id"]: labelled(action, "sign-off") for action in actions}
    assert said.pop("R-204") == ["Clinical sign-off: signed by A. Clinician, hepatologist, on 2026-02-01"]
    assert {text for texts in said.values() for text in texts} == {"Clinical sign-off: unsigned"}


def test_the_language_is_not_passed_off_as_another() -> None:
    languages = {c["expression"]["language"] for action in rule_actions() for c in action["condition"]}
    assert languages == {"text/x-ldt-condition"}
    assert "$apply" in PLAN["usage"]


def test_words_never_leave_a_name_of_the_machine() -> None:
    for action in rule_actions():
        assert "_" not in action["condition"][0]["expression"]["description"], action["id"]


def test_the_changes_of_a_site_do_not_go_under_the_address_of_what_they_change() -> None:
    changed = site_rule_set(ROOT / "fixtures/site")
    assert changed.site is not None
    with pytest.raises(ValueError, match="changes of a site are not published"):
        knowledge(changed, tables(), BASE)
