"""Whether the files of the rule set agree with each other and with the catalogue of facts.

Each check says what is wrong and where; none of them changes anything.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from adapter.case.catalogue import Catalogue, Kind
from adapter.ldt.compile import PLANNED
from adapter.ldt.document import Problem
from adapter.ldt.expression import Available, Offered
from adapter.ldt.rule import Rule, ratings_of, settings_of
from adapter.ldt.sheets import Place, Sheets
from adapter.ldt.signoff import age_item, has_age

SCOPE_UNKNOWN = "scope_unknown_no_recommendation"
NOT_APPLICABLE = "guideline_not_applicable"
POLICY_SETS = {SCOPE_UNKNOWN: "P1"}
"""Codes that the evaluation sets itself, and the policy that makes it."""


def disagreements(sheets: Sheets, rules: Mapping[str, Rule], facts: Catalogue) -> Iterator[Problem]:
    """Everything on which two files disagree."""
    yield from _duplicates(sheets)
    yield from _effects(sheets)
    yield from _rule_references(sheets, rules, facts)
    yield from _codes(sheets, rules)
    yield from _therapies(sheets, rules, facts)
    yield from _conflicts(sheets, rules)
    yield from _table(sheets, rules)
    yield from _policy(sheets, rules, facts)
    yield from _predicates(sheets, rules)
    yield from _second_pass(sheets, rules)
    yield from _sign_offs(sheets, rules, facts)


def _duplicates(sheets: Sheets) -> Iterator[Problem]:
    tables: list[tuple[str, Place, Iterable[str]]] = [
        (
            "therapies",
            Place(sheets.therapies.document, ()),
            (row.code for row in sheets.therapies.content.therapies),
        ),
        ("codes", Place(sheets.codes.document, ()), (row.code for row in sheets.codes.content.codes)),
        (
            "conflicts",
            Place(sheets.conflicts.document, ()),
            (row.id for row in sheets.conflicts.content.conflicts),
        ),
        ("flags", Place(sheets.conflicts.document, ()), (row.id for row in sheets.conflicts.content.flags)),
        ("rows", Place(sheets.table.document, ()), (row.id for row in sheets.table.content.rows)),
        ("policies", Place(sheets.policy.document, ()), (row.id for row in sheets.policy.content.policies)),
    ]
    for key, place, names in tables:
        seen: set[str] = set()
        for number, name in enumerate(names):
            if name in seen:
                yield place.problem(f"{name} stands twice", key, number)
            seen.add(name)


def _effects(sheets: Sheets) -> Iterator[Problem]:
    kinds = {row.code: row.kind for row in sheets.codes.content.codes}
    therapies = {row.code for row in sheets.therapies.content.therapies}
    for place, _, row in sheets.rule_rows():
        for number, effect in enumerate(row.effects):
            for rating in ratings_of(row.id, (effect,)):
                if rating.therapy not in therapies:
                    yield place.problem(f"unknown therapy {rating.therapy}", "effects", number)
            for setting in settings_of((effect,)):
                if kinds.get(setting.code) != setting.remarked.value:
                    yield place.problem(f"unknown {setting.remarked.value} {setting.code}", "effects", number)
        rated = Counter(rating.therapy for rating in ratings_of(row.id, row.effects))
        for therapy in (therapy for therapy, times in rated.items() if times > 1):
            yield place.problem(f"{row.id} rates {therapy} twice", "effects")
        if (row.stage == "scope") != any(effect.stop is not None for effect in row.effects):
            yield place.problem(f"{row.id}: rules of stage scope, and only they, have the effect stop", "effects")


def _rule_references(sheets: Sheets, rules: Mapping[str, Rule], facts: Catalogue) -> Iterator[Problem]:
    documents = {document.code for document in sheets.policy.content.documents}
    conflicts = {conflict.id for conflict in sheets.conflicts.content.conflicts}
    for place, _, row in sheets.rule_rows():
        for number, source in enumerate(row.sources):
            if source.document not in documents:
                yield place.problem(f"unknown document {source.document}", "sources", number)
        for unknown in sorted(set(row.conflicts) - conflicts):
            yield place.problem(f"unknown conflict {unknown}", "conflicts")
        for unknown in sorted(set(row.related_rules) - rules.keys()):
            yield place.problem(f"unknown rule {unknown}", "related_rules")
        if row.id in rules:
            yield from _asked_facts(place, rules[row.id], facts)


def _asked_facts(place: Place, rule: Rule, facts: Catalogue) -> Iterator[Problem]:
    required = sorted(name for name in rule.facts if facts[name].ask == "required")
    optional = sorted(name for name in rule.facts if facts[name].ask == "optional")
    if sorted(rule.row.ask) != required:
        yield place.problem(f"{rule.id} asks for {', '.join(required) or 'nothing'}", "ask")
    if sorted(rule.row.silent) != optional:
        yield place.problem(f"{rule.id} is silent without {', '.join(optional) or 'nothing'}", "silent")


def _codes(sheets: Sheets, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    setters: dict[str, list[str]] = {code: [policy] for code, policy in POLICY_SETS.items()}
    for rule in rules.values():
        for setting in rule.settings:
            setters.setdefault(setting.code, []).append(rule.id)
    for number, row in enumerate(sheets.codes.content.codes):
        actual = setters.get(row.code, [])
        if sorted(row.set_by) != sorted(actual):
            by = ", ".join(actual) or "nothing"
            yield sheets.codes.problem(("codes", number, "set_by"), f"{row.code} is set by {by}")
    known = {row.code for row in sheets.codes.content.codes}
    for code in sorted({NOT_APPLICABLE, SCOPE_UNKNOWN} - known):
        yield sheets.codes.problem(("codes",), f"the code {code} is missing")


def _therapies(sheets: Sheets, rules: Mapping[str, Rule], facts: Catalogue) -> Iterator[Problem]:
    rows = sheets.therapies.content.therapies
    codes = {row.code for row in rows}
    planned = set(facts[PLANNED].values)
    used = {code for rule in rules.values() for code in rule.about}
    for number, row in enumerate(rows):
        for part in (part for part in row.parts if part not in codes or part == row.code):
            yield sheets.therapies.problem(("therapies", number, "parts"), f"unknown therapy {part}")
        if row.member_of is not None and (row.member_of not in codes or row.member_of == row.code):
            yield sheets.therapies.problem(("therapies", number, "member_of"), f"unknown therapy {row.member_of}")
        if row.kind != "drug" and row.code not in planned:
            yield sheets.therapies.problem(("therapies", number), f"{row.code} is no value of {PLANNED}")
        if row.kind == "drug" and row.code not in used:
            yield sheets.therapies.problem(("therapies", number), f"{row.code} is used by no rule")
    for code in sorted(planned - codes):
        yield sheets.therapies.problem(("therapies",), f"{code} of {PLANNED} is missing")


def _conflicts(sheets: Sheets, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    content = sheets.conflicts.content
    for number, conflict in enumerate(content.conflicts):
        naming = {rule.id for rule in rules.values() if conflict.id in rule.row.conflicts}
        for rule_id in sorted(naming ^ set(conflict.rules)):
            message = f"{conflict.id} and {rule_id} do not name each other"
            yield sheets.conflicts.problem(("conflicts", number, "rules"), message)
    for number, flag in enumerate(content.flags):
        for rule_id in sorted(set(flag.rules) - rules.keys()):
            yield sheets.conflicts.problem(("flags", number, "rules"), f"unknown rule {rule_id}")


def _table(sheets: Sheets, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    for number, row in enumerate(sheets.table.content.rows):
        if row.rule not in rules:
            yield sheets.table.problem(("rows", number, "rule"), f"unknown rule {row.rule}")


def _policy(sheets: Sheets, rules: Mapping[str, Rule], facts: Catalogue) -> Iterator[Problem]:
    resolution, safety = sheets.policy.content.resolution, sheets.policy.content.safety
    named: dict[str, tuple[str, ...]] = {
        "table_rows": resolution.table_rows,
        "exceptions": resolution.exceptions,
        "after_prrt_vetoes": resolution.after_prrt_vetoes,
        "after_prrt": (resolution.after_prrt,),
    }
    for key, ids in named.items():
        for rule_id in sorted(set(ids) - rules.keys()):
            yield sheets.policy.problem(("resolution", key), f"unknown rule {rule_id}")
    for rule_id in sorted(set(safety.crisis_rules) - rules.keys()):
        yield sheets.policy.problem(("safety", "crisis_rules"), f"unknown rule {rule_id}")
    codes = {row.code for row in sheets.therapies.content.therapies}
    used: dict[tuple[str, str], tuple[str, ...]] = {
        ("resolution", "exception_therapies"): resolution.exception_therapies,
        ("resolution", "after_prrt_capped"): resolution.after_prrt_capped,
        ("safety", "always_critical"): safety.always_critical,
        ("safety", "high_burden_therapies"): safety.high_burden_therapies,
        ("safety", "agent_therapies"): safety.agent_therapies,
        ("safety", "agent_drug"): (safety.agent_drug,),
        ("safety", "provisional_follows"): (
            *safety.provisional_follows,
            *safety.provisional_follows.values(),
        ),
    }
    for path, therapies in used.items():
        for code in sorted(set(therapies) - codes):
            yield sheets.policy.problem(path, f"unknown therapy {code}")
    yield from _safety_facts(sheets, facts)


def _safety_facts(sheets: Sheets, facts: Catalogue) -> Iterator[Problem]:
    safety = sheets.policy.content.safety
    drugs, agent = safety.planned_drugs_fact, safety.agent_fact
    if drugs not in facts or facts[drugs].kind is not Kind.LIST:
        yield sheets.policy.problem(("safety", "planned_drugs_fact"), f"{drugs} is not a list of the catalogue")
    if agent not in facts or facts[agent].kind is not Kind.CODED or safety.agent not in facts[agent].values:
        yield sheets.policy.problem(("safety", "agent_fact"), f"{agent} cannot be {safety.agent}")


def _predicates(sheets: Sheets, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    safety = sheets.policy.content.safety
    texts = [rule.row.when for rule in rules.values()]
    texts += [predicate.when for predicate in sheets.policy.content.predicates]
    texts += [safety.crisis_when, safety.high_burden_when, safety.agent_matters_when]
    words = {word for text in texts for word in _words(text)}
    for number, predicate in enumerate(sheets.policy.content.predicates):
        if predicate.name not in words:
            yield sheets.policy.problem(("predicates", number), f"predicate {predicate.name} is not used")


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split()


def _second_pass(sheets: Sheets, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """A rule of stage 2 may not offer what another condition asks about: no rule depends on a stage-2
    rule."""
    asked = {
        code
        for rule in rules.values()
        for leaf in rule.condition.leaves()
        if isinstance(leaf, Offered | Available)
        for code in leaf.codes
    }
    for place, _, row in sheets.rule_rows():
        if row.stage == "2":
            for rating in ratings_of(row.id, row.effects):
                if rating.rated.offers and rating.therapy in asked:
                    yield place.problem(f"{row.id} offers {rating.therapy}, which other rules ask about", "effects")


def _sign_offs(sheets: Sheets, rules: Mapping[str, Rule], facts: Catalogue) -> Iterator[Problem]:
    items = {*rules, *(policy.id for policy in sheets.policy.content.policies)}
    items |= {conflict.id for conflict in sheets.conflicts.content.conflicts}
    items |= {age_item(fact.name) for fact in facts.facts.values() if has_age(fact)}
    for number, row in enumerate(sheets.sign_offs.content.sign_offs):
        if row.item not in items:
            message = f"{row.item} is nothing that can be signed"
            yield sheets.sign_offs.problem(("sign_offs", number, "item"), message)
