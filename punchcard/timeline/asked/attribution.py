"""What attribution is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

Model = Literal["first", "last", "linear", "position", "time_decay", "custom", "shapley", "markov"]


NONE = "(none)"


class Attribution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="attribution"):
    """The parameters of an attribution."""

    touch: Pick
    channel: Annotated[str, Meta(description="The property of a touch that names its channel.")]
    conversion: Pick
    models: Annotated[tuple[Model, ...], Meta(min_length=1)] = ("last", "first", "linear", "position", "time_decay")
    lookback_days: Annotated[int, Meta(ge=1, le=366)] = 30
    value: Annotated[str | None, Meta(description="What a conversion is worth; without it each is worth 1.")] = None
    returned: Annotated[Pick | None, Meta(description="Occurrences that take worth back from a conversion.")] = None
    order_id: Annotated[
        str | None,
        Meta(
            description="The property by which a return names its conversion, such as the number of a receipt."
            " Purchases and returns of the library have none, since it would be a word for each:"
            " declare activities that do."
        ),
    ] = None
    ends_share: Annotated[float, Meta(ge=0, le=0.5, description="Of the first and the last touch, by position.")] = 0.4
    half_life_days: Annotated[float, Meta(gt=0)] = 7
    custom_weights: Annotated[tuple[float, ...], Meta(description="From the last touch backwards.")] = ()
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if ("custom" in self.models) != bool(self.custom_weights):
            raise ValueError("the model 'custom' needs custom_weights, and only that model")
        if any(w < 0 for w in self.custom_weights) or (self.custom_weights and sum(self.custom_weights) <= 0):
            raise ValueError("custom_weights must not be negative, and not all 0")
        if (self.returned is None) != (self.order_id is None):
            raise ValueError("returned and order_id belong together: a return names its conversion")
        if self.returned is not None and self.value is None:
            raise ValueError("returns take back worth; say by which property (value)")

    def method(self) -> str:
        """How it is computed, in words."""
        how: dict[Model, str] = {
            "first": "first: all to the earliest touch",
            "last": "last: all to the latest touch",
            "linear": "linear: equal parts to every touch",
            "position": f"position: {self.ends_share:.0%} each to the first and last touch, the rest in equal parts",
            "time_decay": f"time decay: half as much for each {self.half_life_days:g} days before the last touch",
            "custom": f"custom: {', '.join(f'{w:g}' for w in self.custom_weights)} from the last touch backwards",
            "shapley": "Shapley: equal parts to every channel of the path, however often it was touched",
            "markov": "Markov: by how many conversions would be lost, were a channel removed from all paths",
        }
        worth = f", and its {self.value}," if self.value else ""
        back = f" Net of {self.returned.sentence()} of the same {self.order_id}." if self.returned else ""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"Each {self.conversion.sentence()} in the period{worth} is divided among the {self.touch.sentence()} of"
            f" the same member in the {self.lookback_days} days (of 24 hours, the end included) before it, by"
            f" {self.channel}; the parts add up to one. {'; '.join(how[model] for model in self.models)}. Conversions"
            f" without a touch go to '{NONE}'.{back}{only} This divides what was observed; it is no measure of effect."
        )
