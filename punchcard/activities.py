"""Activities: what a question of behaviour can be put together from, with what each means and how much there is."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from punchcard.analyses.behaviour import activity_title
from punchcard.analyses.counting import Frequency
from punchcard.answer import frame_of
from punchcard.period import Period
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.timeline.axis import spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.viewer import Viewer

MOST_VALUES = 200
_COUNTED: WeakKeyDictionary[Timeline, dict[tuple[int, int], dict[str, tuple[int, int]]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Offered:
    """An activity: its name in questions, what people call it, what it means, how often it happened."""

    name: str
    title: str
    meaning: str
    volume: int


@dataclass(frozen=True, slots=True)
class Property:
    """What activities tell of themselves; `values` are some of those a text property takes."""

    name: str
    is_text: bool
    values: tuple[str, ...] = ()


def offered(programme: Programme, viewer: Viewer, period: str = "all") -> tuple[Offered, ...]:
    """The activities of the viewer's members, those most frequent in the period first."""
    catalog, timeline = programme.project.catalog, _timeline(programme, viewer)
    volumes = _volumes(timeline, programme.period(period, viewer))
    named = next((one.meaning for one in catalog.activities.values() if one.named_by is not None), "")
    found: list[Offered] = []
    for name in timeline.activities:
        ever, volume = volumes[name]
        if ever:
            activity = catalog.activities.get(name)
            meaning = named if activity is None else activity.meaning
            found.append(Offered(name, activity_title(name, catalog), meaning, volume))
    return tuple(sorted(found, key=lambda one: (-one.volume, one.title)))


def _volumes(timeline: Timeline, period: Period) -> dict[str, tuple[int, int]]:
    """How often each activity happened, ever and in a period; counted once for each timeline and period."""
    known = _COUNTED.setdefault(timeline, {})
    begin, end = spans(period)
    if (begin, end) not in known:
        counted: dict[str, tuple[int, int]] = {}
        for name in timeline.activities:
            track = timeline.track(Pick(name))
            time = track.time[int(track.starts[0]) : int(track.starts[-1])]
            counted[name] = (len(time), int(((time >= begin) & (time < end)).sum()))
        known[begin, end] = counted
    return known[begin, end]


def properties(programme: Programme, viewer: Viewer, activities: tuple[str, ...] = ()) -> tuple[Property, ...]:
    """The properties of some activities, or of all; those that all of them have come first."""
    timeline = _timeline(programme, viewer)
    codes = [timeline.code(name) for name in activities]
    found: list[tuple[int, Property]] = []
    for name in timeline.property_names:
        kept = timeline.lists.properties.get(name)
        columns = {} if kept is None else kept.columns
        having = sum(code in columns for code in codes)
        if codes and not having:
            continue
        kind, words = timeline.described(name)
        found.append((-having, Property(name, kind is Kind.WORDS, tuple(words[:MOST_VALUES]))))
    return tuple(one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].name)))


def _timeline(programme: Programme, viewer: Viewer) -> Timeline:
    return frame_of(Query(ask=Frequency()), viewer, programme).timeline()
