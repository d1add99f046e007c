"""Models: the named functions behind metrics of kind `model`, one file a family.

A model is given the scope, the cut and the use, and gives a leaf: a statement with `bucket` (if the cut has a grain),
`g0..` and the use's column. It reads rows only through `plan.rows`, so the viewer's scope holds for it as for all.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from punchcard.errors import QueryError, did_you_mean
from punchcard.sql import Sql

if TYPE_CHECKING:
    from punchcard.plan.leaf import Use
    from punchcard.plan.rows import Cut
    from punchcard.plan.scope import Scope

Leaf = Callable[["Scope", "Cut", "Use"], Sql]

# Where each model lives; adding one is a file and a line.
MODELS: dict[str, str] = {
    "attainment": "attainment",
    "funnel": "funnel",
    "payback_months": "payback",
    "rfm_segment_share": "rfm",
    "switching": "switching",
}


def model(name: str) -> Leaf:
    """A model by name; QueryError with a suggestion if there is none."""
    if name not in MODELS:
        raise QueryError(f"no model '{name}'{did_you_mean(name, MODELS)}")
    found: Leaf = getattr(import_module(f"punchcard.models.{MODELS[name]}"), name)
    return found
