"""Reads the design where it lies: the model's SQL out of the catalogue, and the metrics with their reference SQL."""

import json
import re
from functools import cache
from pathlib import Path
from typing import TypedDict

CODE_BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)


class Metric(TypedDict):
    """One entry of metrics.json, as far as the oracle reads it."""

    id: str
    sql: str
    sql_status: str
    sql_note: str
    time_scope: str
    unit: str
    additivity: str
    reads: list[str]


@cache
def _blocks(design: Path) -> tuple[str, ...]:
    model = (design / "catalogue.md").read_text().split("## 1. ")[1].split("## 2. ")[0]
    return tuple(CODE_BLOCK.findall(model))


def tables_sql(design: Path) -> str:
    """The statements that create the tables of the model."""
    return "\n".join(block for block in _blocks(design) if "CREATE TABLE" in block)


def derived_sql(design: Path) -> str:
    """The views and macros that every reference metric reads."""
    return "\n".join(block for block in _blocks(design) if "CREATE VIEW" in block)


@cache
def metrics(design: Path) -> dict[str, Metric]:
    """The reference metrics by id."""
    listed: list[Metric] = json.loads((design / "metrics.json").read_text())["metrics"]
    return {metric["id"]: metric for metric in listed}
