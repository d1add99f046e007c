"""Viewer: who asks, and so which rows exist for them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at figures. `brands` are the references of the brands they may see; None is the operator."""

    name: str = "operator"
    brands: frozenset[str] | None = None

    @property
    def rows_key(self) -> str:
        """A key that two viewers share exactly if the same rows exist for them."""
        return "*" if self.brands is None else repr(sorted(self.brands))


OPERATOR = Viewer()
