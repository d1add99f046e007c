"""Differences: where our figure is another one than the design's text gives (declared in differences.yaml)."""

from pathlib import Path

import msgspec
import yaml


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why ours is another figure, and what it is in SQL over the reference; `later`: it needs rows after the period."""

    reason: str
    sql: str
    later: bool = False


DIFFERENCES = msgspec.convert(
    yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())["metrics"], dict[str, Difference]
)
