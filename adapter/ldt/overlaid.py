"""Applies the overlay of a site to the files of the rule set: numbers, ages and words are replaced, rules switched.

It refuses what a site may not do and names file and line; sources are never touched.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from adapter.case.catalogue import Catalogue, FactDefinition
from adapter.case.moment import Duration
from adapter.ldt.document import Document, Path, Problem, RuleSetError
from adapter.ldt.guarded import is_guarded, loosened
from adapter.ldt.overlay import AgeChange, Change, Overlay, SwitchChange, ThresholdChange, WordingChange
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.sheets import Sheet, Sheets, read_sheet, with_row
from adapter.ldt.signoff import predicates_of
from adapter.ldt.site import Override, OverrideKind, Site
from adapter.ldt.thresholds import Threshold, thresholds, with_number

MARK = " [words of the site]"
"""Stands behind every text that a site has changed, wherever it is printed."""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """The files and the catalogue as the site has them, what it changed, and the ids of rules that are switched."""

    sheets: Sheets
    facts: Catalogue
    site: Site
    off: frozenset[str]
    shadow: frozenset[str]

    def switched(self, rules: RuleSet) -> RuleSet:
        """The rule set of these files, with the switched rules out of the way and the changes on record."""
        out = self.off | self.shadow
        return replace(
            rules,
            scope=tuple(rule for rule in rules.scope if rule.id not in out),
            first=tuple(rule for rule in rules.first if rule.id not in out),
            second=tuple(rule for rule in rules.second if rule.id not in out),
            switched=out,
            shadow=tuple(rule for rule in rules.rules.values() if rule.id in self.shadow),
            silenced=tuple(rule for rule in rules.rules.values() if rule.id in out and is_guarded(rules, rule)),
            site=self.site,
        )


def overlaid(document: Document, sheets: Sheets, facts: Catalogue, shipped: RuleSet) -> Overlaid:
    """The overlay applied. Raises RuleSetError naming every change that cannot be made, by file and line."""
    bench = _Bench(read_sheet(Overlay, document), sheets, facts, shipped)
    content = bench.overlay.content
    for number, threshold in enumerate(content.thresholds):
        bench.threshold(("thresholds", number), threshold)
    for number, age in enumerate(content.ages):
        bench.age(("ages", number), age)
    for number, wording in enumerate(content.wording):
        bench.wording(("wording", number), wording)
    for number, switch in enumerate(content.switches):
        bench.switch(("switches", number), switch)
    if bench.problems:
        raise RuleSetError(bench.problems)
    site = Site(content.site, content.version, tuple(bench.overrides), _numbers(shipped, bench.overrides))
    modes = bench.modes
    return Overlaid(
        bench.sheets,
        bench.facts,
        site,
        frozenset(rule for rule, mode in modes.items() if mode == "off"),
        frozenset(rule for rule, mode in modes.items() if mode == "shadow"),
    )


def _numbers(shipped: RuleSet, overrides: Iterable[Override]) -> dict[str, tuple[str, ...]]:
    """For each rule whose condition or predicates have other numbers, the comparisons of the site."""
    found: dict[str, list[str]] = {}
    for override in (override for override in overrides if override.kind == "threshold"):
        for rule in shipped.rules.values():
            if override.about == rule.id or override.about in predicates_of(rule.condition):
                found.setdefault(rule.id, []).append(override.here)
        if override.about in shipped.predicates:
            found.setdefault(override.about, []).append(override.here)
    return {rule: tuple(comparisons) for rule, comparisons in found.items()}


@dataclass(slots=True)
class _Bench:
    """The files while the changes are made one by one, with what was changed and what could not be."""

    overlay: Sheet[Overlay]
    sheets: Sheets
    facts: Catalogue
    shipped: RuleSet
    overrides: list[Override] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    modes: dict[str, str] = field(default_factory=dict)

    def refuse(self, path: Path, message: str) -> None:
        self.problems.append(self.overlay.problem(path, message))

    def record(self, kind: OverrideKind, change: Change, about: str, source: str, here: str) -> None:
        self.overrides.append(Override(kind, about, source, here, change.reason, change.by, change.day))

    def threshold(self, path: Path, change: ThresholdChange) -> None:
        shipped, condition = self._shipped(change.where), self._condition(change.where)
        if shipped is None or condition is None:
            self.refuse((*path, "where"), f"{change.where} is neither a rule nor a predicate")
            return
        present = thresholds(shipped)  # never the site's own numbers: two steps could go where one may not
        found = next((one for one in present if one.text == change.threshold), None)
        if found is None:
            choice = "; ".join(dict.fromkeys(one.text for one in present)) or "no thresholds"
            self.refuse((*path, "threshold"), f"{change.where} does not say {change.threshold}; it has {choice}")
            return
        objection = self._objection(change, found)
        if found.text not in (one.text for one in thresholds(condition)):
            objection = f"{change.where} is given another number twice: {found.text}"
        if objection:
            self.refuse((*path, "number"), objection)
            return
        self._change_condition(change.where, _with(condition, found, change.number))
        self.record("threshold", change, change.where, found.text, replace(found, number=change.number).text)

    def _objection(self, change: ThresholdChange, threshold: Threshold) -> str:
        """Why the number cannot stand there, or nothing."""
        bounds = self.facts[threshold.fact].plausible
        if bounds is not None and not bounds[0] <= Decimal(change.number) <= bounds[1]:
            return f"{change.number} is outside what {threshold.fact} can be"
        looser = ", ".join(loosened(self.shipped, change.where, threshold, change.number))
        if looser:
            return f"a site cannot loosen {looser} by a number; it can switch a rule off, and every card says so"
        return ""

    def _shipped(self, where: str) -> str | None:
        """The condition of a rule or a predicate as it ships."""
        if where in self.shipped.rules:
            return self.shipped.rules[where].row.when
        return self.shipped.predicates[where].when if where in self.shipped.predicates else None

    def _condition(self, where: str) -> str | None:
        """The condition of a rule or a predicate as it stands now."""
        for _, _, row in self.sheets.rule_rows():
            if row.id == where:
                return row.when
        predicates = self.sheets.policy.content.predicates
        return next((predicate.when for predicate in predicates if predicate.name == where), None)

    def _change_condition(self, where: str, condition: str) -> None:
        changed = {"when": condition}
        self._change_rule(where, changed)
        policy = with_row(self.sheets.policy, "predicates", "name", where, changed)
        self.sheets = replace(self.sheets, policy=policy)

    def _change_rule(self, rule: str, changed: Mapping[str, str]) -> None:
        rules = tuple(with_row(sheet, "rules", "id", rule, changed) for sheet in self.sheets.rules)
        self.sheets = replace(self.sheets, rules=rules)

    def age(self, path: Path, change: AgeChange) -> None:
        if change.fact not in self.facts:
            self.refuse((*path, "fact"), f"there is no fact {change.fact}")
            return
        given = {"max_age": change.max_age, "max_age_procedure": change.max_age_procedure}
        given = {key: age for key, age in given.items() if age}
        wrong = [key for key, age in given.items() if not _is_age(age)]
        for key in wrong:
            self.refuse((*path, key), "an age is an ISO 8601 duration longer than nothing, such as P30D")
        if wrong:
            return
        definition = self.facts[change.fact]
        objection = _age_objection(self.shipped.facts[change.fact], given.values())
        if definition != self.shipped.facts[change.fact]:
            objection = f"{change.fact} is given another age twice"
        if objection:
            self.refuse((*path, "fact"), objection)
            return
        for key, age in given.items():
            source = definition.max_age if key == "max_age" else definition.max_age_procedure or definition.max_age
            about = change.fact if key == "max_age" else f"{change.fact} while a procedure is signed"
            self.record("age", change, about, source, age)
        changed = {**self.facts.facts, change.fact: definition.model_copy(update=given)}
        self.facts = self.facts.model_copy(update={"facts": changed})

    def wording(self, path: Path, change: WordingChange) -> None:
        objection = self._wording_objection(change)
        if objection:
            self.refuse((*path, "item"), objection)
            return
        before = self._reworded(change)
        if before is None:
            self.refuse((*path, "item"), f"{change.item} is no rule, therapy, caution, action or note")
            return
        self.record("wording", change, change.item, before, change.text)

    def _wording_objection(self, change: WordingChange) -> str:
        """Why these words cannot be used, or nothing."""
        if any(one.kind == "wording" and one.about == change.item for one in self.overrides):
            return f"{change.item} is given other words twice"
        guards = change.item in self.shipped.rules and is_guarded(self.shipped, self.shipped.rules[change.item])
        if guards or (change.item in self.shipped.codes and self.shipped.codes[change.item].kind == "stop"):
            return f"{change.item} tells an exclusion or the scope and keeps its words"
        others = (row for code, row in self.shipped.therapies.items() if code != change.item)
        names = {name.casefold() for row in others for name in (row.name, row.short)}
        if change.item in self.shipped.therapies and change.text.casefold() in names:
            return f"{change.item} cannot have the name of another therapy"
        return ""

    def _reworded(self, change: WordingChange) -> str | None:
        """Put the words in place; the words that were there, None when there is no such item."""
        item, shipped, sheets = change.item, self.shipped, self.sheets
        if item in shipped.rules:
            self._change_rule(item, {"title": change.text + MARK})
            return shipped.rules[item].row.title
        if item in shipped.codes:
            codes = with_row(sheets.codes, "codes", "code", item, {"text": change.text + MARK})
            self.sheets = replace(sheets, codes=codes)
            return shipped.codes[item].text
        if item in shipped.therapies:
            therapies = with_row(sheets.therapies, "therapies", "code", item, {"name": change.text + MARK})
            self.sheets = replace(sheets, therapies=therapies)
            return shipped.therapies[item].name
        return None

    def switch(self, path: Path, change: SwitchChange) -> None:
        named = list(self._switched_by(change.item))
        if not named:
            self.refuse((*path, "item"), f"there is no rule or section {change.item}")
            return
        twice = [rule for rule, _ in named if rule in self.modes]
        if twice:
            self.refuse((*path, "item"), f"switched twice: {', '.join(twice)}")
            return
        self.modes |= dict.fromkeys((rule for rule, _ in named), change.mode)
        about = change.item if change.item in self.shipped.rules else named[0][1]
        self.record(change.mode, change, about, "", "")

    def _switched_by(self, item: str) -> Iterator[tuple[str, str]]:
        """The rules that an item names, each with its section."""
        for rule in self.shipped.rules.values():
            if item in (rule.id, rule.section.split(" ")[0]):
                yield rule.id, rule.section


def _with(condition: str, threshold: Threshold, number: str) -> str:
    """The condition with the number in every place of the threshold; the last first, so that places stay true."""
    for one in reversed(thresholds(condition)):
        if one.text == threshold.text:
            condition = with_number(condition, one, number)
    return condition


LONGEST = 4
"""How many times the rule set's own maximum age a site may set (a choice of the project)."""


def _age_objection(shipped: FactDefinition, ages: Iterable[str]) -> str:
    """Why a fact cannot have these ages, or nothing."""
    own = shipped.expiry(procedure=False)
    if own is None:
        return f"{shipped.name} does not age, and is not made to: what is known of it would be forgotten"
    if any(_days(Duration.parse(age)) > LONGEST * _days(own) for age in ages):
        return f"{shipped.name} may be {LONGEST} times as old as in the rule set ({own.words}) at most"
    return ""


def _days(duration: Duration) -> int:
    return duration.months * 31 + duration.days


def _is_age(text: str) -> bool:
    try:
        duration = Duration.parse(text)
    except ValueError:
        return False
    return duration.months > 0 or duration.days > 0
