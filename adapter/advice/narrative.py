"""The narrative of a CarePlan: summary and first screen of the card in XHTML, and what these only count of cautions and
missing facts.

Not for the rest of the answer, which stands in the activities and notes of the plan.
"""

from collections.abc import Iterator
from typing import Final

from adapter.advice.assessment import Assessment
from adapter.advice.facts import fact_words
from adapter.advice.folded import further_lines
from adapter.advice.glance import DECIDES, first_screen
from adapter.advice.parts import Part
from adapter.advice.summary import summary
from adapter.advice.weight import weigh
from adapter.advice.wording import xhtml

FURTHER: Final = "Further"


def narrative(assessment: Assessment) -> str:
    """The narrative, one `div`: a paragraph for the summary and for the title of each part, and a list of its lines."""
    return division(f"<p>{xhtml(summary(assessment))}</p>", *map(_block, _parts(assessment)))


def _parts(assessment: Assessment) -> Iterator[Part]:
    """The parts, without the words of a sender: ids of messages and resources stand in the notes and in the contained
    Observations of the plan."""
    weight = weigh(assessment)
    for part in first_screen(assessment):
        if part.title == DECIDES:
            yield Part(DECIDES, tuple(map(fact_words, weight.facts[: weight.leading])))
        elif not part.places:
            yield part
    if further := tuple(further_lines(assessment, weight)):
        yield Part(FURTHER, further)


def division(*blocks: str) -> str:
    """Blocks of XHTML as the `div` of a narrative."""
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(blocks)}</div>'


def _block(part: Part) -> str:
    lines = "".join(f"<li>{xhtml(line)}</li>" for line in part.lines)
    return f"<p>{xhtml(part.title)}</p><ul>{lines}</ul>"
