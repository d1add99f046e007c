"""What a formula of several activities is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec import field as named

from punchcard.catalog.arithmetic import arithmetic
from punchcard.errors import QueryError
from punchcard.timeline.asked.segmentation import Measure, Segmentation
from punchcard.timeline.pick import Condition, Pick

LETTERS = "ABCDEFGHIJ"


class Counted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of a formula: an activity, what is counted of it, and what the formula calls it (else A, B, ...)."""

    name: str = named(name="as", default="")
    activity: str | tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    measure: Measure = "members"
    of: str | None = None


class ActivityFormula(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="activity_formula"
):
    """The parameters of a formula of several activities over time."""

    formula: Annotated[str, Meta(description="Of the figures by name: A / B, A - B, (A + B) / C.")]
    figures: Annotated[tuple[Counted, ...], Meta(min_length=1, max_length=len(LETTERS))]
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] = "day"
    rolling: Annotated[int, Meta(ge=1, le=400, description="Members of so many buckets up to each.")] = 1
    cumulative: Annotated[bool, Meta(description="Members since the start of the period.")] = False
    breakdown: Annotated[str | None, Meta(description="Divide all figures by a property.")] = None
    unit: Annotated[Literal["number", "ratio", "currency"], Meta(description="How the value is written.")] = "number"
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self.parts()]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two figures are called '{name}'; give one another name with 'as'")
        try:
            arithmetic(self.formula, names)
        except QueryError as error:
            raise ValueError(error.message) from None

    def parts(self) -> tuple[tuple[str, Segmentation], ...]:
        """The figures by name, each as the question that counts it."""
        return tuple(
            (
                one.name or LETTERS[place],
                Segmentation(
                    activity=Pick(one.activity, one.where),
                    measure=one.measure,
                    of=one.of,
                    grain=self.grain,
                    rolling=self.rolling,
                    cumulative=self.cumulative,
                    breakdown=self.breakdown,
                    where=self.where,
                ),
            )
            for place, one in enumerate(self.figures)
        )

    def method(self) -> str:
        """How it is computed, in words."""
        parts = " ".join(f"{name}: {question.method()}" for name, question in self.parts())
        return (
            f"{self.formula}, worked out anew in each {self.grain} and for the whole period. A figure without data, or"
            f" a division by 0, gives no value. {parts}"
        )
