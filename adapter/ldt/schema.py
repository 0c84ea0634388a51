"""What the files of the rule set must look like, row by row: keys, allowed words, nothing extra.

A row that fits says nothing about whether its codes exist elsewhere; that is checked when the rule set is put
together.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1)]
RuleId = Annotated[str, Field(pattern=r"^R-[0-9]{3}$")]
ConflictId = Annotated[str, Field(pattern=r"^C-[0-9]{2}$")]
PolicyId = Annotated[str, Field(pattern=r"^P[0-9]{1,2}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Codes = Annotated[tuple[Code, ...], Field(min_length=1)]
Version = Annotated[str, Field(pattern=r"^[0-9]{4}\.[0-9]+\.[0-9]+$")]

Stage = Literal["scope", "1", "2"]
Category = Literal[
    "eligibility",
    "modality-preference",
    "sequencing-with-PRRT",
    "contraindication",
    "caution",
    "surgical",
    "systemic",
    "combination",
    "peri-procedural-safety",
    "follow-up",
    "biomarker",
    "investigational",
]
CodeKind = Literal["action", "caution", "note", "stop"]
TherapyKind = Literal["embolotherapy", "ablation", "surgery", "systemic", "combination", "strategy", "adjunct", "drug"]


class Row(BaseModel):
    """The common ground of all rows: frozen, no unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Row):
    """Where a statement is written: document, section heading, first words of the sentence."""

    document: Text
    section: Text
    quote_start: Text


class EffectRow(Row):
    """One effect of a rule: exactly one of the keys."""

    preferred: Codes | None = None
    reasonable: Codes | None = None
    not_recommended: Codes | None = None
    override_not_recommended: Codes | None = None
    contraindicated: Codes | None = None
    support: Codes | None = None
    downgrade: Codes | None = None
    stop: Code | None = None
    caution: Code | None = None
    action: Code | None = None
    note: Code | None = None

    @model_validator(mode="after")
    def _one(self) -> "EffectRow":
        if len(self.model_fields_set) != 1:
            raise ValueError("an effect has exactly one key")
        return self


class RuleRow(Row):
    """One rule as its owner writes it; 00-policy.yaml explains the keys."""

    id: RuleId
    title: Text
    category: Category
    stage: Stage
    basis: Text
    when: Text
    effects: Annotated[tuple[EffectRow, ...], Field(min_length=1)]
    statement: Text
    why: Text
    sources: tuple[Source, ...]
    conflicts: tuple[ConflictId, ...]
    related_rules: tuple[RuleId, ...]
    ask: tuple[Code, ...]
    silent: tuple[Code, ...]

    @model_validator(mode="after")
    def _sourced(self) -> "RuleRow":
        if not self.sources and self.basis != "POLICY":
            raise ValueError("a rule without a source is POLICY")
        return self


class RuleFile(Row):
    """One file of rules: a section of the guideline."""

    section: Text
    rules: Annotated[tuple[RuleRow, ...], Field(min_length=1)]


class Therapy(Row):
    """A therapy, strategy or drug. `parts`: what a planned form or combination also counts as (P11). `member_of`: the
    class whose ratings name it; it is told of an order, and decides nothing."""

    code: Code
    short: Text
    name: Text
    kind: TherapyKind
    parts: tuple[Code, ...]
    member_of: Code | None = None
    role: Text
    positive: Text
    limits: Text
    evidence: Text
    status: Text


class TherapyFile(Row):
    """therapies.yaml"""

    therapies: Annotated[tuple[Therapy, ...], Field(min_length=1)]


class CodeRow(Row):
    """A caution, action, note or stop: its code and what people read."""

    code: Code
    kind: CodeKind
    text: Text
    set_by: Annotated[tuple[Text, ...], Field(min_length=1)]


class CodeFile(Row):
    """codes.yaml"""

    codes: Annotated[tuple[CodeRow, ...], Field(min_length=1)]


class Conflict(Row):
    """A point on which the documents disagree: both positions and the project's policy (P13).

    `plainly` is what a clinician reads: where the documents part, and what that means here. A point without it says
    nothing to a clinician, and is on no card.
    """

    id: ConflictId
    title: Text
    plainly: str
    position_a: Text
    position_b: Text
    policy: Text
    rules: Annotated[tuple[RuleId, ...], Field(min_length=1)]


class Flag(Row):
    """Something from outside the documents that waits for a clinician; no rule encodes it.

    `shown` in `answers`: beside what one of its rules says, where `when` holds (always without it).
    """

    id: Annotated[str, Field(pattern=r"^X-[0-9]$")]
    title: Text
    text: Text
    rules: Annotated[tuple[RuleId, ...], Field(min_length=1)]
    shown: Literal["answers", "pages"]
    when: str = ""


class ConflictFile(Row):
    """conflicts.yaml"""

    conflicts: tuple[Conflict, ...]
    flags: tuple[Flag, ...]


class TableRow(Row):
    """A row of Table 1 of Rabei2023 as printed (`–` is an en dash: not recommended)."""

    id: Annotated[str, Field(pattern=r"^T1-[0-9]{2}$")]
    rule: RuleId
    scenario: Text
    tae_ctace: Literal["+++", "+", "–"]
    tare: Literal["+++", "+", "–"]
    also: str
    footnote: str


class TableFile(Row):
    """table1.yaml"""

    caption: Text
    rows: Annotated[tuple[TableRow, ...], Field(min_length=1)]


class Predicate(Row):
    """A word that conditions may use: its condition and what it means."""

    name: Code
    when: Text
    meaning: Text


class GuidelineDocument(Row):
    """A document that sources cite. `short` is enough to find it."""

    code: Text
    short: Text
    citation: Text


class Resolution(Row):
    """How the ratings of Table 1, its exceptions and the row after PRRT meet (P4, P5)."""

    table_rows: Annotated[tuple[RuleId, ...], Field(min_length=1)]
    exceptions: Annotated[tuple[RuleId, ...], Field(min_length=1)]
    exception_therapies: Codes
    after_prrt: RuleId
    after_prrt_capped: Codes
    after_prrt_vetoes: tuple[RuleId, ...]


class Safety(Row):
    """What is looked at before an order is signed (P1, P10, P12)."""

    crisis_rules: Annotated[tuple[RuleId, ...], Field(min_length=1)]
    crisis_when: Text
    always_critical: Codes
    high_burden_when: Text
    high_burden_therapies: Codes
    planned_drugs_fact: Code
    agent_fact: Code
    agent: Code
    agent_drug: Code
    agent_therapies: Codes
    agent_matters_when: Text
    provisional_follows: dict[Code, Code]


class PolicyRow(Row):
    """One of the project's own choices on how a case is evaluated."""

    id: PolicyId
    title: Text
    text: Text


class SignOff(Row):
    """A clinician's signature under one item as it read then; signoff.yaml explains the keys."""

    item: Annotated[str, Field(pattern=r"^(R-[0-9]{3}|P[0-9]{1,2}|C-[0-9]{2}|age:[a-z0-9_]+)$")]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    version: Version
    by: Text
    role: Text
    day: Day


class SignOffFile(Row):
    """signoff.yaml"""

    sign_offs: tuple[SignOff, ...]


class PolicyFile(Row):
    """00-policy.yaml"""

    id: Text
    version: Version
    title: Text
    documents: Annotated[tuple[GuidelineDocument, ...], Field(min_length=1)]
    resolution: Resolution
    safety: Safety
    policies: Annotated[tuple[PolicyRow, ...], Field(min_length=1)]
    predicates: tuple[Predicate, ...]
