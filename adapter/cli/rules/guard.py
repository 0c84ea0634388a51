"""`ldt rules guard`: alters each rule in every small way and reports what no worked case notices.

It reads the installed rules and a folder of cases; what an alteration is, and whether it is noticed, is decided in
adapter/toolchain.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import track

from adapter.case.catalogue import catalogue
from adapter.ldt.loader import read_sheets
from adapter.toolchain.alteration import Alteration
from adapter.toolchain.alterations import alterations
from adapter.toolchain.altered import original
from adapter.toolchain.casebook import CasebookError, read_casebook
from adapter.toolchain.guard import CasesFail, Guard
from adapter.toolchain.guard import guard as guarded
from adapter.toolchain.survivors import GuardReport, Survivor, SurvivorsError, judged, read_survivors

FIXTURES = Path("fixtures")
SURVIVORS = Path("guard/survivors.yaml")
"""Where the known survivors stand in the folder of cases."""


def guard(
    cases: Annotated[
        Path, typer.Option("--cases", metavar="FOLDER", help="The folder with cases/ and boundaries/.")
    ] = FIXTURES,
    survivors: Annotated[
        Path | None,
        typer.Option("--survivors", metavar="FILE", help="Known survivors; FOLDER/guard/survivors.yaml when left out."),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="RULE", help="Alter only this rule, predicate or therapy; may be repeated."),
    ] = None,
) -> None:
    """Alter every rule in every small way and report the alterations that no worked case notices."""
    console, errors = Console(highlight=False), Console(stderr=True)
    try:
        source = original(read_sheets(files("adapter.ldt").joinpath("rules")), catalogue())
        known = _known(cases, survivors)
        tried = _chosen(alterations(source.sheets, source.rules.facts), rule)
        ready = guarded(source, read_casebook(cases))
    except (CasebookError, SurvivorsError) as error:
        _fail(errors, f"ldt: {error}")
    except CasesFail as error:
        _fail(errors, f"These cases fail with the rules as they stand, so nothing can be guarded:\n{error}")
    report = _report(ready, tried, known if rule is None else _of(known, rule), errors)
    _show(console, report, len(tried))
    if not report.clean:
        raise typer.Exit(1)


def _fail(errors: Console, text: str) -> NoReturn:
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _known(cases: Path, survivors: Path | None) -> dict[str, Survivor]:
    default = cases / SURVIVORS
    if survivors is None and not default.exists():
        return {}
    return read_survivors(survivors or default)


def _of(known: dict[str, Survivor], owners: Sequence[str]) -> dict[str, Survivor]:
    return {name: survivor for name, survivor in known.items() if survivor.owner in owners}


def _chosen(found: Sequence[Alteration], owners: Sequence[str] | None) -> list[Alteration]:
    if owners is None:
        return list(found)
    unknown = sorted(set(owners) - {alteration.owner for alteration in found})
    if unknown:
        raise typer.BadParameter(f"nothing to alter is called {', '.join(unknown)}", param_hint="--rule")
    return [alteration for alteration in found if alteration.owner in owners]


def _report(ready: Guard, tried: list[Alteration], known: dict[str, Survivor], errors: Console) -> GuardReport:
    outcomes = track(ready.outcomes(tried), "altering", total=len(tried), console=errors, transient=True)
    return judged(outcomes, known)


def _show(console: Console, report: GuardReport, total: int) -> None:
    lines = [f"no case notices  {one.alteration.place}  {one.alteration.name}" for one in report.unexplained]
    lines += [f"listed in vain   {survivor.place}  {survivor.alteration}" for survivor in report.outdated]
    for reason in dict.fromkeys(survivor.reason for survivor in report.explained):
        those = [survivor for survivor in report.explained if survivor.reason == reason]
        lines.append(f"{len(those)} known to survive since {those[0].day}: {reason}")
    lines.append(
        f"{total} alterations: {report.noticed} noticed by a case, {report.refused} refused when the rules load, "
        f"{len(report.explained)} survive with a reason, {len(report.unexplained)} without, "
        f"{len(report.outdated)} listed that do not survive"
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
