"""Flags: boolean columns of role `flag` that say something about a row. The charts know these names.

`incomplete`  the bucket's period is not over yet: drawn dashed or pale, and said
`other`       the row stands for all the rest together: drawn grey, never a link
`total`       a margin, asked of the rows anew: set apart as 'recomputed'
`suppressed`  too few members to show (`of` names the measure): no figure, no geometry
`unripe`      a cohort that has not had the time yet (`of` names the measure): no figure
`unit`        not a flag but a word: the unit of the row, for columns whose own unit is `row`
`pooled`      the row is what all the others say together
`proven`      the interval keeps clear of zero; without the flag the chart looks for itself
"""

from punchcard.result import Result


def flagged(result: Result, name: str, *, of: str | None = None) -> frozenset[int]:
    """The rows whose flag of this name is set (about this measure, or about the whole row)."""
    rows: set[int] = set()
    for column in result.of_role("flag"):
        if column.name == name or (column.name.startswith(name) and column.of is not None):
            if column.of is not None and of is not None and column.of != of:
                continue
            rows.update(row for row, value in enumerate(result.column(column.name)) if value)
    return frozenset(rows)
