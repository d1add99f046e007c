"""Theirs: what the reference says of a metric, by the design's text or by our own where ours is another figure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from tests.metrics.differences import DIFFERENCES
from tests.oracle.design import metrics
from tests.oracle.harness import PARAMETER, needs_later_rows, reference_value, run
from tests.oracle.reference import WHOLE, Cut, Reference
from tests.oracle.seeded.world import Cell


def theirs(reference: Reference, metric: str, parameters: Mapping[str, Cell], cut: Cut = WHOLE) -> float | None:
    """The value that ours is held against."""
    difference = DIFFERENCES.get(metric)
    if difference is None:
        return reference_value(reference, metric, parameters, cut)
    end = parameters["t1"]
    if not difference.later and isinstance(end, datetime):
        cut = replace(cut, until=end)
    reference.use(cut)
    return run(reference, difference.sql, parameters)


@cache
def named_in(reference_sql: str) -> frozenset[str]:
    """The parameters that a reference text names, but for the period's."""
    return frozenset(PARAMETER.findall(reference_sql)) - {"t0", "t1", "p0"}


def named(reference: Reference, metric: str) -> frozenset[str]:
    """The parameters with which a metric is asked for."""
    difference = DIFFERENCES.get(metric)
    text = metrics(reference.design)[metric]["sql"] if difference is None else difference.sql
    return named_in(text)


def needs_later(reference: Reference, metric: str) -> bool:
    """Whether the metric of a period reads what happened after it, and so may change."""
    difference = DIFFERENCES.get(metric)
    return difference.later if difference is not None else needs_later_rows(metrics(reference.design)[metric])
