"""Pick: which occurrences are meant: those of an activity (or several, or any) that satisfy some conditions."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Operator = Literal["is", "is_not", "contains", "at_least", "at_most", "more_than", "less_than", "is_set", "is_not_set"]
Operand = str | int | float

ORDERED = ("at_least", "at_most", "more_than", "less_than")
_IN_WORDS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "at_least": "is at least",
    "at_most": "is at most",
    "more_than": "is more than",
    "less_than": "is less than",
    "is_set": "is given",
    "is_not_set": "is not given",
}


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """One condition on a property; several values mean any of them. `is_not` also holds where there is no value."""

    property: str
    operator: Operator = "is"
    values: tuple[Operand, ...] = ()

    def __post_init__(self) -> None:
        wanted = self.operator not in ("is_set", "is_not_set")
        if wanted != bool(self.values):
            raise ValueError(f"'{self.operator}' needs {'a value' if wanted else 'no value'}")
        if self.operator in ORDERED and len(self.values) > 1:
            raise ValueError(f"'{self.operator}' compares with one value")

    def sentence(self) -> str:
        """The condition in words."""
        return f"{self.property} {_IN_WORDS[self.operator]} {' or '.join(map(as_text, self.values))}".strip()


class Pick(Struct, frozen=True, forbid_unknown_fields=True):
    """Occurrences of an activity, of any of several, or (None) of any at all, on which every condition holds."""

    activity: Annotated[str | tuple[str, ...] | None, Meta(description="The activity; null means any.")] = None
    where: tuple[Condition, ...] = ()

    def and_where(self, *conditions: Condition) -> "Pick":
        """The same with more conditions."""
        return Pick(self.activity, self.where + tuple(c for c in conditions if c not in self.where))

    def sentence(self) -> str:
        """What is picked, in words."""
        match self.activity:
            case None:
                name = "any activity"
            case str():
                name = f"'{self.activity}'"
            case _:
                name = " or ".join(f"'{name}'" for name in self.activity)
        return name + (f" where {' and '.join(c.sentence() for c in self.where)}" if self.where else "")


def as_text(value: Operand) -> str:
    """A value as the dictionary of a property writes it.

    >>> as_text(True), as_text(5), as_text(5.0), as_text("5")
    ('true', '5', '5', '5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


MEMBERS = "in."  # what begins so divides members by a segment; no property of an activity does


def of_members(breakdown: str) -> bool:
    """Whether a breakdown divides members instead of what they did."""
    return breakdown.startswith(MEMBERS)
