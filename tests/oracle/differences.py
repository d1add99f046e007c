"""Differences: where the design's own SQL is not the truth, why, and what is (declared in differences.yaml).

The product must be right; the reference is its oracle where the reference is right. A stand-in of the design (its
`sql_status` is 'proxy') gives a value for a figure whose proper method is another; it is no oracle at all.
"""

from pathlib import Path

import msgspec
import yaml


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a reference text is wrong, and the text that is right: changes of it, or one of our own."""

    reason: str
    changes: tuple[tuple[str, str], ...] = ()
    sql: str = ""

    def applied(self, text: str) -> str:
        """The right text; an error if the wrong one no longer reads as it did, for then the reason may be gone too."""
        if self.sql:
            return self.sql
        for old, new in self.changes:
            if old not in text:
                raise ValueError(f"'{old}' is no longer part of the reference: is the correction still needed?")
            text = text.replace(old, new)
        return text


class Differences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of differences.yaml, by the name of the view, macro or metric."""

    layer: dict[str, Correction]
    corrected: dict[str, Correction]
    narrower: dict[str, str]
    blind_spots: tuple[str, ...]


DIFFERENCES = msgspec.convert(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text()), Differences)
LAYER = DIFFERENCES.layer
CORRECTED = DIFFERENCES.corrected
NARROWER = DIFFERENCES.narrower
