"""Metric: a figure with a name: how it is computed, what it means, and how it may be cut.

A metric is a YAML entry of one of a few kinds. All kinds answer the same three questions: over which rows, in which
window, reduced how. So every metric can be broken down, filtered, compared and read as of a moment by one planner.

    repeat_purchase_rate:
      kind: aggregate
      title: Repeat purchase rate
      of: purchase
      where: kind = 'sale' and member_id is not null
      per: member_id
      each: {receipts: count(*)}
      value: share(receipts > 1)
      unit: ratio
      better: higher
      method: Members with two or more sales in the period, among members with any.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Better = Literal["higher", "lower", "neutral", "target"]

# How a figure behaves when cells are put together. Only an additive one may be summed; for all others each subtotal is
# a question of its own.
Additivity = Literal["additive", "semi_additive", "distinct", "ratio", "estimate"]

Window = Literal["period", "ever", "before", "previous", "previous_and_period"]


class Days(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window counted in calendar days: the last ones up to the period's end, or the period and some around it."""

    last_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    days_before: Annotated[int, Meta(ge=0, le=3660)] = 0
    days_after: Annotated[int, Meta(ge=0, le=3660)] = 0


class Parameter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that a question must (or may) give: the category of a penetration, the margin of an uplift."""

    meaning: str
    type: Literal["text", "number", "date"] = "text"
    default: str | float | None = None
    of: str | None = None  # the value is a reference to this entity ("category" has none; "campaign" has)


class Metric(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", omit_defaults=True):
    """What all kinds share: the words and the units of a figure."""

    title: str
    method: Annotated[str, Meta(min_length=10)]
    unit: str = "count"
    better: Better = "neutral"
    additivity: Additivity = "ratio"
    group: str = "Other"
    also_called: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    pitfalls: str = ""
    exclusions: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    not_by: tuple[str, ...] = ()  # dimensions that would make the figure meaningless
    single: tuple[str, ...] = ()  # dimensions of which a cell must hold one value: one experiment, not several mixed


class Finer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same figure read from a fact with more to break it down by: receipts that hold a category, from the lines.

    `additivity` is how it behaves there: a receipt holds several categories, so their counts overlap.
    """

    of: str
    value: str
    where: str | None = None
    per: str | tuple[str, ...] | None = None
    each: dict[str, str] = field(default_factory=dict)
    additivity: Additivity = "distinct"


class Aggregate(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="aggregate"):
    """A reduction of a fact's rows inside a window.

    `value` is a formula with aggregates over the fact's columns. With `per`, rows are first reduced to one row per
    value of that column (or of several together) by the formulas of `each`, kept by `having`, and `value` reduces
    those. `among` keeps only members whom the named state metric counts at the period's end. `finer` says from which
    fact the same figure is read when a question breaks it down by what `of` does not have.
    """

    of: str
    value: str
    where: str | None = None
    finer: Finer | None = None
    over: Window | Days = "period"
    per: str | tuple[str, ...] | None = None
    each: dict[str, str] = field(default_factory=dict)
    having: str | None = None
    among: str | None = None


class Ratio(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ratio"):
    """One metric over another.

    Each of `numerator` and `denominator` names a metric and keeps its own rows and window. `denominator_ignores` lists
    dimensions (or a whole entity, `product.*`) by which the denominator is neither broken down nor filtered: all
    buyers, not the buyers of the category.
    """

    numerator: str
    denominator: str
    times: float = 1
    denominator_ignores: tuple[str, ...] = ()


class State(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="state"):
    """A figure at a moment: a balance, a membership, a tier. Never summed over time.

    `holds` is a condition that says which rows count at `moment`; `at` says at which moment of a period the figure is
    read: its end, its start, or every day's end, averaged.
    """

    of: str
    value: str
    holds: str
    where: str | None = None
    at: Literal["end", "start", "average"] = "end"
    per: str | tuple[str, ...] | None = None
    each: dict[str, str] = field(default_factory=dict)
    having: str | None = None
    among: str | None = None


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that open a window: all of them, or the first of each `by` ever."""

    of: str
    where: str | None = None
    first_of: str | None = None


class Follow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that may close it: matched to the entry on the columns `on`."""

    of: str
    where: str | None = None
    on: tuple[str, ...] = ("member_id",)
    from_days: int = 0
    after: Literal["at_or_after", "after"] = "at_or_after"


class Conversion(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="conversion"):
    """Of the entries whose window closes (or opens) in the period, the share followed inside the window.

    `within_days` counts calendar days in the project's zone; without it any later follow-up counts. A cohort by
    `closes` is ripe by construction; one by `opens` may still be waiting, and says so.
    """

    entry: Entry
    follow: Follow
    within_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    cohort: Literal["closes", "opens"] = "closes"


class Formula(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="formula"):
    """Arithmetic over other metrics, each with its own rows: a growth, a bridge, an index.

    `value` names metrics; `name.start` reads a state metric at the period's start, `name.previous` any metric in the
    equal period before.
    """

    value: str


class Model(Metric, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="model"):
    """A named function of `punchcard/models/` with its settings, for what no formula can say."""

    function: str
    settings: dict[str, str | float | int | bool] = field(default_factory=dict)


LeafMetric = Aggregate | State | Conversion | Model  # those that read rows themselves
AnyMetric = Aggregate | Ratio | State | Conversion | Formula | Model


def per_columns(metric: Aggregate | State | Finer) -> tuple[str, ...]:
    """The columns whose values rows are first reduced to, one row each."""
    match metric.per:
        case None:
            return ()
        case str(column):
            return (column,)
        case columns:
            return columns


def facts_behind(metric: LeafMetric) -> tuple[str, ...]:
    """The facts by whose dimensions a metric can be cut: its own, and the finer one if it has that."""
    finer = (metric.finer.of,) if isinstance(metric, Aggregate) and metric.finer is not None else ()
    return (*facts_of(metric)[:1], *finer)


def facts_of(metric: LeafMetric) -> tuple[str, ...]:
    """The facts whose rows a metric counts, the one it is broken down by first."""
    match metric:
        case Aggregate() | State():
            return (metric.of,)
        case Conversion():
            return (metric.entry.of, metric.follow.of)
        case Model():
            return tuple(str(metric.settings.get("of", "")).split())
