"""Markdown, written so that the same words always give the same text."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Made by `punchcard docs`; change the declarations, not this page. -->"


def page(title: str, *parts: str) -> str:
    """A page: its title, the remark that nobody should edit it, and its parts."""
    return "\n\n".join((f"# {title}", GENERATED, *(part.strip("\n") for part in parts if part))) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing at all if it has no rows.

    >>> print(table(["a", "b"], [["1", "x | y"]]))
    | a | b |
    |---|---|
    | 1 | x \\| y |
    """
    lines = [_row(row) for row in rows]
    if not lines:
        return ""
    return "\n".join((_row(headings), "|" + "---|" * len(headings), *lines))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def bullets(lines: Iterable[str]) -> str:
    """A list, one line an item."""
    return "\n".join(f"* {line}" for line in lines)


def code(text: str) -> str:
    """A word as it is typed; nothing for nothing."""
    return f"`{text}`" if text else ""


def block(text: str, language: str) -> str:
    """Lines as they are typed."""
    return f"```{language}\n{text.strip()}\n```"


def anchor(heading: str) -> str:
    """The address of a heading inside its page.

    >>> anchor("Purchase lines (`line`)")
    'purchase-lines-line'
    """
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def grouped(named: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Names by their group, both in alphabetical order; the group without a name comes last."""
    found: dict[str, list[str]] = {}
    for name, group in sorted(named):
        found.setdefault(group, []).append(name)
    return {group: found[group] for group in sorted(found, key=lambda group: (group == "Other", group))}
