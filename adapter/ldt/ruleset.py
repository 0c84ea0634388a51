"""The rule set as one immutable value: rules, therapies, codes, conflicts, policy, all of one version.

It is made by loader.py from the YAML files and read by everything that evaluates, explains or publishes
rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.case.case import Case
from adapter.case.catalogue import Catalogue
from adapter.ldt.compile import Condition, Frame
from adapter.ldt.rule import Rule
from adapter.ldt.schema import (
    CodeRow,
    Conflict,
    Flag,
    GuidelineDocument,
    PolicyRow,
    Predicate,
    Resolution,
    Safety,
    SignOff,
    TableRow,
    Therapy,
)
from adapter.ldt.site import Site


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All of one version of the rules.

    `scope`, `first` and `second` are the rules by stage, in order of id; `rules` holds all of them by id.
    `crisis`, `high_burden` and `agent_matters` are the conditions of the safety policy. `slots` is how many
    answers one evaluation remembers; `wholes` gives, for a therapy, the planned forms and combinations that
    count as it; `parts` what a planned therapy counts as, itself included. `facts` is the catalogue that the
    rules were checked against, `required` those of its facts that are asked for. `digests` are those of the
    items that clinicians sign.

    `site` holds the changes of a site, `switched` the ids of the rules that it has switched off or put in shadow.
    Those in `shadow` are evaluated and only logged. Those that guard (a contraindication, the scope) are in
    `silenced`: where one of them would speak, the answer says that it was switched off.
    """

    id: str
    version: str
    title: str
    documents: tuple[GuidelineDocument, ...]
    rules: Mapping[str, Rule]
    scope: tuple[Rule, ...]
    first: tuple[Rule, ...]
    second: tuple[Rule, ...]
    predicates: Mapping[str, Predicate]
    therapies: Mapping[str, Therapy]
    codes: Mapping[str, CodeRow]
    conflicts: Mapping[str, Conflict]
    flags: tuple[Flag, ...]
    flag_conditions: Mapping[str, Condition]
    table_caption: str
    table: tuple[TableRow, ...]
    policies: tuple[PolicyRow, ...]
    resolution: Resolution
    safety: Safety
    crisis: Condition
    high_burden: Condition
    agent_matters: Condition
    slots: int
    wholes: Mapping[str, frozenset[str]]
    parts: Mapping[str, frozenset[str]]
    required: frozenset[str]
    facts: Catalogue
    digests: Mapping[str, str]
    sign_offs: tuple[SignOff, ...]
    site: Site | None = None
    switched: frozenset[str] = frozenset()
    shadow: tuple[Rule, ...] = ()
    silenced: tuple[Rule, ...] = ()

    @property
    def edition(self) -> str:
        """The version, with that of the site's overlay: what two answers must share to be comparable."""
        return self.version if self.site is None else f"{self.version}+{self.site.version}"

    def sign_off(self, item: str) -> SignOff | None:
        """The latest signature that holds for an item (signoff.yaml says how items are named), None when it is
        unsigned or was changed since."""
        held = (one for one in self.sign_offs if one.item == item and one.digest == self.digests[item])
        return max(held, key=lambda one: one.day, default=None)

    def frame(self, case: Case) -> Frame:
        """What the conditions of this rule set are asked about for one case."""
        return Frame({name: fact.known for name, fact in case.facts.items()}, [None] * self.slots)

    def __repr__(self) -> str:
        return f"RuleSet({self.id} {self.version}, {len(self.rules)} rules)"
