"""Attribution: how much of the conversions, and of what they are worth, goes to the touches before them."""

from dataclasses import dataclass

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.attribution import NONE, Attribution, Model
from punchcard.timeline.axis import DAY, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, in_ranges
from punchcard.timeline.kernels.attribution import CUSTOM, DECAY, FIRST, LAST, LINEAR, POSITION, SHAPLEY, attributed
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.retention import as_numbers

BY_TOUCH: dict[Model, int] = {
    "first": FIRST,
    "last": LAST,
    "linear": LINEAR,
    "position": POSITION,
    "time_decay": DECAY,
    "custom": CUSTOM,
    "shapley": SHAPLEY,
}
NO_FLAGS = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class _Passage:
    touches: Track
    channel: Codes
    channels: tuple[str, ...]
    goals: Track
    value: Floats
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class AttributionAnswer:
    """What one pass found: conversions and worth by model and channel; the last channel is '(none)'."""

    parameters: Attribution
    passage: _Passage
    scope: Scope
    credit: Floats
    worth: Floats

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels, in the order of `credit`."""
        return (*self.passage.channels, NONE)

    def members(self, model: Model, channel: str) -> Ints:
        """The members with a conversion that gives credit to a channel."""
        if model == "markov":
            raise QueryError("the removal effect is one of all paths together: it has no members of its own")
        found = np.zeros(self.passage.touches.members, np.bool_)
        order = [m for m in self.parameters.models if m != "markov"]
        _pass(self.parameters, self.passage, self.scope, (order.index(model), self.channels.index(channel)), found)
        return np.flatnonzero(found)

    def result(self) -> Result:
        """One row a model and channel, the greatest first."""
        rows = list[tuple[Cell, ...]]()
        for k, model in enumerate(self.parameters.models):
            for c in np.argsort(-self.credit[k], kind="stable"):
                if self.credit[k, c] > 0:
                    row = (model, self.channels[c], float(self.credit[k, c]))
                    rows.append((*row, float(self.worth[k, c])) if self.parameters.value else row)
        columns = (
            Column("model", "Model", "label"),
            Column("channel", self.parameters.channel, "label"),
            Column("conversions", "Conversions", "measure", "conversions"),
            *((Column("worth", self.parameters.value, "measure", "number"),) if self.parameters.value else ()),
        )
        return Result(columns, tuple(rows), (Note("not_an_effect", "A division of what was observed, not an effect."),))


def attribution(timeline: Timeline, parameters: Attribution, period: Period, scope: Scope = ALL) -> AttributionAnswer:
    """Credit by model and channel, of the conversions of a period."""
    p = parameters
    scope = scope.narrowed(*p.where)
    kind, words = timeline.described(p.channel)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{p.channel}' holds numbers; a channel is a property of text")
    touches, goals = (timeline.track(scope.pick(pick)) for pick in (p.touch, p.conversion))
    code = np.asarray(timeline.values(touches, p.channel), np.int32)
    channels = (*words, f"no {p.channel}")
    begin, end = spans(period)
    code = np.where(code < 0, np.int32(len(words)), code)
    passage = _Passage(touches, code, channels, goals, _worth(timeline, p, goals, scope), begin, end)
    credit, worth, moves = _pass(p, passage, scope, (-1, -1), NO_FLAGS)
    if "markov" in p.models:
        # The last row is that of the model `last`, asked for beside the others: it knows what has no touch at all.
        effects = removal_effects(moves)
        at = p.models.index("markov")
        credit, worth = (
            np.insert(found, at, np.append(effects * found[-1, :-1].sum(), found[-1, -1]), axis=0)
            for found in (credit, worth)
        )
    return AttributionAnswer(p, passage, scope, credit[: len(p.models)], worth[: len(p.models)])


def _pass(
    p: Attribution, it: _Passage, scope: Scope, wanted: tuple[int, int], found: Flags
) -> tuple[Floats, Floats, Ints]:
    models = np.array([*(BY_TOUCH[model] for model in p.models if model != "markov"), LAST], np.int64)
    custom = np.array(p.custom_weights, np.float64)
    touches, goals = it.touches, it.goals
    parts = in_ranges(
        touches.members,
        lambda a, b: attributed(
            a, b, touches.starts, touches.time, touches.arrival, it.channel, len(it.channels), goals.starts, goals.time,
            goals.arrival, it.value, it.begin, it.end, p.lookback_days * DAY, models, p.ends_share,
            p.half_life_days * DAY, custom, scope.members, wanted, found,
        ),
    )  # fmt: skip
    credit = np.sum([part[0] for part in parts], axis=0)
    return credit, np.sum([part[1] for part in parts], axis=0), np.sum([part[2] for part in parts], axis=0)


def removal_effects(moves: Ints) -> Floats:
    """How much each channel's removal would cost, as shares that add up to one.

    Paths are taken as a Markov chain: from one channel to the next, to a conversion or to nothing. Without a channel,
    all that would go through it goes to nothing.
    """
    channels = len(moves) - 1
    counts = moves.astype(np.float64)
    counts[channels, channels] = 0  # conversions without a touch are no path
    leaving = counts.sum(axis=1, keepdims=True)
    chance = np.divide(counts, leaving, out=np.zeros_like(counts), where=leaving > 0)
    whole = _conversion(chance, np.ones(channels, np.bool_))
    if whole == 0:
        return np.full(channels, 1 / channels if channels else 0.0)
    left = [_conversion(chance, np.arange(channels) != c) for c in range(channels)]
    effect = 1 - np.array(left) / whole
    return effect / effect.sum()


def _conversion(chance: Floats, kept: Flags) -> float:
    """The probability that a path ends in a conversion when it may only go through the kept channels."""
    channels = len(kept)
    through = chance[:channels, :channels][np.ix_(kept, kept)]
    reached = np.linalg.solve(np.eye(len(through)) - through, chance[:channels, channels][kept])
    return float(chance[channels, :channels][kept] @ reached)


def _worth(timeline: Timeline, p: Attribution, goals: Track, scope: Scope) -> Floats:
    """What each conversion is worth, less what came back of it."""
    rows = goals.rows()
    if p.value is None:
        return np.ones(len(rows), np.float64)
    worth = np.nan_to_num(as_numbers(timeline, p.value, timeline.row_values(rows, p.value)))
    if p.returned is None or p.order_id is None:
        return worth
    back_rows = timeline.track(scope.pick(p.returned)).rows()
    back = np.abs(np.nan_to_num(as_numbers(timeline, p.value, timeline.row_values(back_rows, p.value))))
    orders, back_orders = (timeline.row_values(r, p.order_id) for r in (rows, back_rows))
    known, place = np.unique(orders, return_inverse=True)
    at = np.searchsorted(known, back_orders)
    here = (at < len(known)) & (known[np.minimum(at, len(known) - 1)] == back_orders) if len(known) else at < 0
    taken = np.bincount(at[here], weights=back[here], minlength=len(known))
    # A return of an order with several conversions is taken from the first of them.
    first = np.zeros(len(rows), np.bool_)
    first[np.unique(place, return_index=True)[1]] = True
    return worth - np.where(first, taken[place], 0.0)
