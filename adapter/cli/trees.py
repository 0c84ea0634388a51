"""Trees of reasons on the terminal: the branches of adapter.advice.reasoning, in colours where there are any."""

from typing import assert_never

from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from adapter.advice.reasoning import Branch
from adapter.case.truth import Truth

COLOURS = {Truth.TRUE: "green", Truth.FALSE: "red", Truth.UNKNOWN: "magenta"}


def tree_of(branch: Branch) -> Tree:
    """The tree of a branch."""
    tree = Tree(line(branch))
    for part in branch.parts:
        add_branch(tree, part)
    return tree


def add_branch(tree: Tree, branch: Branch) -> None:
    """Add a branch, and all below it, to a tree."""
    tree.add(tree_of(branch))


def line(branch: Branch) -> str | Text:
    """One line, as rich markup."""
    text, said = escape(branch.text), escape(branch.said)
    match branch.kind:
        case "verdict":
            return f"[bold]{text}[/] {said}"
        case "missing":
            return f"[bold]Missing: {text}[/]"
        case "rule":
            return f"{text}: {said}"
        case "condition":
            return f"{text}: [{COLOURS[branch.answer or Truth.UNKNOWN]}]{said}[/]"
        case "fact" | "source":
            return Text(branch.text, style="dim")
        case _:
            assert_never(branch.kind)
