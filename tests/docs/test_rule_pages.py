"""What a clinician looks for on docs/rules: every rule with its parts, Table 1, every number of the papers."""

import re
from collections.abc import Iterator

import pytest

from adapter.ldt import Rated, rule_set
from adapter.ldt.rule import Rule
from adapter.ldt.schema import TableRow, Therapy
from docs.generate import RULES, pages
from docs.pages.links import Links, code, escaped
from docs.pages.numbers import DocumentNumbers, numbers, thresholds_of

RULE_SET = rule_set()
PAGES = {page.name: text for page, text in pages().items() if page.parent == RULES}
BLOCK = re.compile(r"^### ([^\n]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
BLOCKS = {name: dict(BLOCK.findall(text)) for name, text in PAGES.items()}
RULE_BLOCKS = {rule: text for name, found in BLOCKS.items() if name[0].isdigit() for rule, text in found.items()}
DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
RANGE = re.compile(r"R-(\d{3})(?:\.\.R-(\d{3}))?")


def unlinked(text: str) -> str:
    """The text as it is read: links as their words, escapes undone."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("&lt;", "<").replace("\\", "")


def test_every_rule_has_its_block_and_no_other() -> None:
    assert sorted(RULE_BLOCKS) == sorted(RULE_SET.rules)


@pytest.mark.parametrize("rule", RULE_SET.rules.values(), ids=lambda rule: rule.id)
def test_a_rule_is_there_with_all_its_parts(rule: Rule) -> None:
    text = unlinked(RULE_BLOCKS[rule.id])
    row = rule.row
    for words in (
        row.title,
        row.statement,
        row.why,
        f"**Condition** {code(row.when)}",
        f"**Basis** {row.basis}. **Sign-off** unsigned",
    ):
        assert words in text
    for source in row.sources:
        assert f"{source.document}, {source.section}, “{source.quote_start}”" in text
    for item in (*row.conflicts, *row.related_rules):
        assert f"[{item}](" in RULE_BLOCKS[rule.id]
    for fact in (*row.ask, *row.silent):
        assert f"(../facts.md#{fact})" in RULE_BLOCKS[rule.id]
    for rating in rule.ratings:
        assert f"(therapies.md#{rating.therapy})" in RULE_BLOCKS[rule.id]
    for setting in rule.settings:
        assert RULE_SET.codes[setting.code].text in text
    assert re.search(r"^- \*\*When\*\* \S", text, re.MULTILINE)
    assert re.search(r"^- \*\*Fires in\*\* (GC-\d\d|none of the worked cases)", text, re.MULTILINE)
    patients = PAGES["patients.md"].split(f"### {rule.id}\n")[1].split("### ")[0]
    assert "- **fires** " in patients
    assert "- **unknown** " in patients


@pytest.mark.parametrize("printed", RULE_SET.table, ids=lambda row: row.id)
def test_table_1_stands_as_printed_with_strengths_footnotes_and_rules(printed: TableRow) -> None:
    readme = PAGES["README.md"]
    [line] = [line for line in readme.splitlines() if line.startswith(f"| {printed.id} |")]
    cells = [unlinked(cell).strip() for cell in line.replace("\\|", "").split(" | ")]
    assert cells[1].startswith(printed.scenario)
    assert (cells[2].split(" ")[0], cells[3].split(" ")[0]) == (printed.tae_ctace, printed.tare)
    assert cells[4] == printed.rule
    assert ("also ablation" in cells[2], "rad seg" in cells[3]) == (bool(printed.also), bool(printed.also))
    assert ("<sup>" in line) == bool(printed.footnote)
    assert printed.footnote.removeprefix("* ") in unlinked(readme)


def test_the_caption_and_the_legend_of_table_1_stand_with_it() -> None:
    assert f"**{RULE_SET.table_caption}**" in PAGES["README.md"]
    assert "+++ preferred treatment strategy; + reasonable treatment strategy; – not recommended." in PAGES["README.md"]


def test_every_policy_term_therapy_conflict_and_flag_has_its_block() -> None:
    assert set(BLOCKS["README.md"]) == {policy.id for policy in RULE_SET.policies}
    assert list(BLOCKS["terms.md"]) == list(RULE_SET.predicates)
    assert set(BLOCKS["therapies.md"]) == set(RULE_SET.therapies)
    assert list(BLOCKS["conflicts.md"]) == [*RULE_SET.conflicts, *(flag.id for flag in RULE_SET.flags)]
    for conflict in RULE_SET.conflicts.values():
        text = unlinked(BLOCKS["conflicts.md"][conflict.id])
        assert all(words in text for words in (conflict.position_a, conflict.position_b, conflict.policy, "unsigned"))
    for therapy in RULE_SET.therapies.values():
        text = unlinked(BLOCKS["therapies.md"][therapy.code])
        assert all(words in text for words in (therapy.name, therapy.role, therapy.evidence, therapy.status))


def test_every_item_that_needs_a_signature_is_listed_as_unsigned() -> None:
    rows = [line for line in PAGES["signoff.md"].splitlines() if line.endswith("| unsigned |")]
    assert len(rows) == len(RULE_SET.digests)
    assert all(any(f"`{digest}`" in row for row in rows) for digest in RULE_SET.digests.values())


def test_the_therapies_name_the_rules_that_rate_them() -> None:
    """What therapies.yaml says in words agrees with the effects of the rules."""
    for therapy in RULE_SET.therapies.values():
        rated = {
            (rating.rule, rating.rated)
            for rule in RULE_SET.rules.values()
            for rating in rule.ratings
            if rating.therapy == therapy.code
        }
        offering = {rule for rule, rating in rated if rating.offers}
        limiting = {rule for rule, rating in rated if rating.excludes or rating is Rated.DOWNGRADE}
        assert offering <= set(named(therapy.positive)), therapy.code
        assert limiting <= set(named(therapy.limits)), therapy.code
        assert not limiting - offering & set(named(therapy.positive)), therapy.code


def named(text: str) -> Iterator[str]:
    """The rules that a text names, ranges included."""
    for first, last in RANGE.findall(text):
        yield from (f"R-{number:03}" for number in range(int(first), int(last or first) + 1))


def said(place: str) -> str:
    """Everything that the rule set says at a place of numbers.yaml."""
    if place in RULE_SET.rules:
        rule = RULE_SET.rules[place]
        codes = (RULE_SET.codes[setting.code].text for setting in rule.settings)
        return " ".join((rule.row.title, rule.row.statement, rule.row.why, rule.row.when, *codes))
    if place in RULE_SET.conflicts:
        return RULE_SET.conflicts[place].model_dump_json()
    if place in RULE_SET.therapies:
        return RULE_SET.therapies[place].model_dump_json()
    if place in RULE_SET.facts:
        return RULE_SET.facts[place].meaning
    [row] = [row for row in RULE_SET.table if row.id == place]
    return row.footnote


@pytest.mark.parametrize("document", numbers().documents, ids=lambda part: part.document)
def test_a_number_of_a_paper_is_where_the_page_says(document: DocumentNumbers) -> None:
    assert document.document in {one.code for one in RULE_SET.documents}
    for row in document.numbers:
        for place in row.at:
            assert set(DIGITS.findall(row.number)) <= set(DIGITS.findall(said(place))), (row.number, place)


def test_every_threshold_of_the_rules_is_on_the_page_with_what_is_printed() -> None:
    written = [(row.fact, row.asks) for row in numbers().thresholds]
    assert len(written) == len(set(written))
    assert set(written) == set(thresholds_of(RULE_SET))


@pytest.mark.parametrize("therapy", RULE_SET.therapies.values(), ids=lambda therapy: therapy.code)
def test_every_number_of_the_evidence_is_on_the_page(therapy: Therapy) -> None:
    rows = [row for part in numbers().documents for row in part.numbers if therapy.code in row.at]
    known = {number for row in rows for number in DIGITS.findall(f"{row.number} {row.means}")}
    evidence = re.sub(
        r"\b[GCR]-?\d+\b|177Lu|90Y|Lu-177|G1/G2|\d+ % CI|\d-year|NETTER-1|phase \d", "", therapy.evidence, flags=re.I
    )
    thresholds = {number for _, asks in thresholds_of(RULE_SET) for number in DIGITS.findall(asks)}
    assert set(DIGITS.findall(evidence)) <= known | thresholds


def test_texts_of_the_rule_set_cannot_become_markup() -> None:
    links = Links(RULE_SET)
    assert links.prose("* a|b `c` <d> R-101..R-103") == (
        "\\* a\\|b \\`c\\` &lt;d> [R-101](2-table-1-and-modality-preference.md#r-101).."
        "[R-103](2-table-1-and-modality-preference.md#r-103)"
    )
    assert links.prose("R-999 C-99 P1 X-1") == "R-999 C-99 [P1](README.md#p1) [X-1](conflicts.md#x-1)"
    assert escaped("a\\b") == "a\\\\b"
