"""Makes the rule set from its files: compiles every condition and checks the files against each other.

It collects all problems before it refuses; the checks between files are in crosscheck.py.
"""

from collections.abc import Iterable

from adapter.case.catalogue import Catalogue
from adapter.ldt.compile import Compiler, Condition, facts_of
from adapter.ldt.crosscheck import disagreements
from adapter.ldt.document import Problem, RuleSetError
from adapter.ldt.expression import Available, Offered
from adapter.ldt.parse import ExpressionError, Vocabulary, parse
from adapter.ldt.rule import Rule, ratings_of, settings_of
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.schema import Predicate, RuleRow, Therapy
from adapter.ldt.sheets import Place, Sheets
from adapter.ldt.signoff import digests


def assemble(sheets: Sheets, facts: Catalogue) -> RuleSet:
    """The rule set. Raises RuleSetError naming every problem, by file and line."""
    workshop = _Workshop(sheets, facts)
    rules = workshop.rules()
    safety = sheets.policy.content.safety
    crisis = workshop.safety("crisis_when", safety.crisis_when)
    high_burden = workshop.safety("high_burden_when", safety.high_burden_when)
    agent_matters = workshop.safety("agent_matters_when", safety.agent_matters_when)
    flag_conditions = workshop.flags()
    problems = workshop.problems + list(disagreements(sheets, rules, facts))
    if problems or crisis is None or high_burden is None or agent_matters is None:
        raise RuleSetError(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    policy, flags = sheets.policy.content, sheets.conflicts.content.flags
    therapies = {therapy.code: therapy for therapy in sheets.therapies.content.therapies}
    codes = {code.code: code for code in sheets.codes.content.codes}
    conflicts = {conflict.id: conflict for conflict in sheets.conflicts.content.conflicts}
    signable = digests(rules, codes, policy, therapies, conflicts, facts)
    return RuleSet(
        id=policy.id,
        version=policy.version,
        title=policy.title,
        documents=policy.documents,
        rules=rules,
        scope=tuple(rule for rule in rules.values() if rule.row.stage == "scope"),
        first=tuple(rule for rule in rules.values() if rule.row.stage == "1"),
        second=tuple(rule for rule in rules.values() if rule.row.stage == "2"),
        predicates={predicate.name: predicate for predicate in policy.predicates},
        therapies=therapies,
        codes=codes,
        conflicts=conflicts,
        flags=flags,
        flag_conditions=flag_conditions,
        table_caption=sheets.table.content.caption,
        table=sheets.table.content.rows,
        policies=policy.policies,
        resolution=policy.resolution,
        safety=safety,
        crisis=crisis,
        high_burden=high_burden,
        agent_matters=agent_matters,
        slots=workshop.compiler.slots,
        wholes=workshop.wholes,
        parts={code: frozenset((code, *therapy.parts)) for code, therapy in therapies.items()},
        required=frozenset(fact.name for fact in facts.inputs if fact.ask == "required"),
        facts=facts,
        digests=signable,
        sign_offs=sheets.sign_offs.content.sign_offs,
    )


def wholes_of(therapies: Iterable[Therapy]) -> dict[str, frozenset[str]]:
    """For each therapy, the forms and combinations that name it as a part."""
    wholes: dict[str, set[str]] = {}
    for therapy in therapies:
        for part in therapy.parts:
            wholes.setdefault(part, set()).add(therapy.code)
    return {part: frozenset(codes) for part, codes in wholes.items()}


class _Workshop:
    """Compiles the conditions of one rule set and keeps what was wrong with them."""

    def __init__(self, sheets: Sheets, facts: Catalogue) -> None:
        self.sheets = sheets
        self.facts = facts
        self.problems: list[Problem] = []
        self.therapies = frozenset(therapy.code for therapy in sheets.therapies.content.therapies)
        self.wholes = wholes_of(sheets.therapies.content.therapies)
        self.compiler = Compiler(self.wholes)
        self.defined: set[str] = set()
        for number, predicate in enumerate(sheets.policy.content.predicates):
            self._define(Place(sheets.policy.document, ("predicates", number)), predicate)

    def _define(self, place: Place, predicate: Predicate) -> None:
        if predicate.name in self.defined or predicate.name in self.facts:
            self.problems.append(place.problem(f"{predicate.name} is already a predicate or a fact", "name"))
            return
        condition = self.condition(place, predicate.when)
        if condition is None:
            return
        if _asks_offered(condition):
            self.problems.append(place.problem("a predicate reads facts only, not what is offered", "when"))
            return
        self.compiler.define(predicate.name, condition.node)
        self.defined.add(predicate.name)

    def condition(self, place: Place, text: str, key: str = "when") -> Condition | None:
        """The compiled condition, or None with the problem kept."""
        try:
            node = parse(text, Vocabulary(self.facts, self.defined, self.therapies))
        except ExpressionError as error:
            self.problems.append(place.problem(str(error), key))
            return None
        return self.compiler.condition(node)

    def safety(self, key: str, text: str) -> Condition | None:
        """A condition of the safety policy."""
        return self.condition(Place(self.sheets.policy.document, ("safety",)), text, key)

    def flags(self) -> dict[str, Condition]:
        """The conditions of the flags that have one."""
        sheet = self.sheets.conflicts
        made: dict[str, Condition] = {}
        for number, flag in enumerate(sheet.content.flags):
            place = Place(sheet.document, ("flags", number))
            condition = self.condition(place, flag.when) if flag.when else None
            if condition is not None:
                made[flag.id] = condition
        return made

    def rules(self) -> dict[str, Rule]:
        """Every rule by id, in order of id."""
        made: dict[str, Rule] = {}
        for place, section, row in self.sheets.rule_rows():
            if row.id in made:
                self.problems.append(place.problem(f"rule {row.id} stands twice", "id"))
            condition = self.condition(place, row.when)
            if condition is not None:
                made[row.id] = self._rule(place, section, row, condition)
        return dict(sorted(made.items()))

    def _rule(self, place: Place, section: str, row: RuleRow, condition: Condition) -> Rule:
        asks = _asks_offered(condition)
        if asks != (row.stage == "2"):
            words = "asks what is offered and belongs in stage 2" if asks else "reads facts only: not stage 2"
            self.problems.append(place.problem(f"{row.id} {words}", "stage"))
        return rule_of(section, row, condition)


def rule_of(section: str, row: RuleRow, condition: Condition) -> Rule:
    """The rule of a row whose condition is compiled."""
    facts = sorted({fact for leaf in condition.leaves() for fact in facts_of(leaf)})
    ratings = tuple(ratings_of(row.id, row.effects))
    about = {rating.therapy for rating in ratings} | _asked(condition)
    settings = tuple(settings_of(row.effects))
    return Rule(row.id, row, section, condition, ratings, settings, tuple(facts), frozenset(about))


def _asked(condition: Condition) -> set[str]:
    return {code for leaf in condition.leaves() if isinstance(leaf, Offered | Available) for code in leaf.codes}


def _asks_offered(condition: Condition) -> bool:
    return any(isinstance(leaf, Offered | Available) for leaf in condition.leaves())
