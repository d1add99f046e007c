"""What Explore offers for a question: each choice as a link to the changed question, or the reason why it cannot be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from punchcard.analyses.base import dimension_name
from punchcard.i18n import Language
from punchcard.period import Grain, Period
from punchcard.web import view
from punchcard.web.site import Visit
from punchcard.web.sketch import KINDS, Sketch

TOPS = (5, 10, 20, 50)
AVERAGES = (7, 28)
MOST_BUCKETS = 750  # points on a line beyond which nobody sees them


@dataclass(frozen=True, slots=True)
class Offer:
    """A question, the reader, and how a changed question is addressed."""

    visit: Visit
    sketch: Sketch
    period: Period
    address: Callable[[Sketch], str]

    def all(self) -> tuple[view.Options, ...]:
        """The choices, from what is asked to how it is shown."""
        found = [self._kinds(), self._cuts(0)]
        if self.sketch.kind in ("table", "pivot", "heat"):
            found.append(self._cuts(1))
        if KINDS[self.sketch.kind].time or self.sketch.kind == "figure":
            found.append(self._grains())
        if self.sketch.cuts and self.sketch.kind not in ("pivot", "heat", "scatter"):
            found.append(self._tops())
        found += self._more()
        return tuple(found)

    def _anchor(self, text: str, changed: Sketch, *, current: bool, why_not: str = "") -> view.Anchor:
        return view.Anchor(text, "" if why_not else self.address(changed), current, why_not=why_not)

    def _kinds(self) -> view.Options:
        names = kinds(self.visit.language)
        choices = (
            self._anchor(title, self.sketch.of_kind(kind), current=kind == self.sketch.kind, why_not=self._no(kind))
            for kind, title in names.items()
        )
        return view.Options(self.visit._("Show as"), tuple(choices))

    def _no(self, kind: str) -> str:
        """Why the question cannot be shown so; empty if it can."""
        wanted, asked = KINDS[kind], self.sketch
        if len(asked.metrics) < wanted.metrics[0]:
            return self.visit._("needs a second metric")
        if len(asked.cuts) < wanted.cuts[0]:
            if wanted.cuts[0] == 2 and asked.cuts:
                return self.visit._("needs a second breakdown")
            return self.visit._("needs a breakdown")
        metric = self.visit.catalog.metric(asked.names[0])
        if wanted.adds_up and metric.additivity != "additive":
            return self.visit._("the parts of %(metric)s do not add up", metric=metric.title)
        return ""

    def _cuts(self, place: int) -> view.Options:
        asked = self.sketch
        others = asked.cuts[:place]
        nothing = self._anchor(self.visit._("nothing"), asked.with_cuts(others), current=len(asked.cuts) <= place)
        chosen = dimension_name(asked.cuts[place]) if len(asked.cuts) > place else None
        choices = [nothing]
        for name in self.dimensions():
            if name in asked.dimensions[:place]:
                continue
            changed = asked.with_cuts((*others, name, *asked.cuts[place + 1 :]))
            title = self.visit.titled(name, asked.names)
            choices.append(self._anchor(title, changed, current=name == chosen, why_not=self._unreadable(name)))
        title = self.visit._("Broken down by") if place == 0 else self.visit._("and by")
        return view.Options(title, tuple(_apart(choices)), id=f"cut-{place}")

    def dimensions(self) -> tuple[str, ...]:
        """Everything that any of the metrics can be broken down by."""
        return tuple(dict.fromkeys(name for metric in self.sketch.names for name in self.visit.readings(metric)))

    def _unreadable(self, dimension: str) -> str:
        for name in self.sketch.names:
            metric = self.visit.catalog.metric(name)
            if _matches(dimension, metric.not_by):
                return self.visit._("%(metric)s would mean nothing by it", metric=metric.title)
            if not self.visit.readable(name, dimension):
                return self.visit._("%(metric)s does not know it", metric=metric.title)
        return ""

    def _grains(self) -> view.Options:
        names = grains(self.visit.language)
        days = (self.period.end - self.period.start).days
        automatic = self._anchor(
            self.visit._("automatic"), replace(self.sketch, grain=None), current=self.sketch.grain is None
        )
        choices = [automatic]
        for grain, title in names.items():
            buckets = days * {"hour": 24, "day": 1}.get(grain, 0)
            why_not = self.visit._("too many points; choose a shorter period") if buckets > MOST_BUCKETS else ""
            if grain == "hour" and not all(self.visit.readable(name, "time.hour") for name in self.sketch.names):
                why_not = self.visit._("the data knows days, not hours")
            changed = replace(self.sketch, grain=Grain(grain))
            choices.append(self._anchor(title, changed, current=changed.grain == self.sketch.grain, why_not=why_not))
        return view.Options(self.visit._("Each point is"), tuple(choices))

    def _tops(self) -> view.Options:
        choices = (
            self._anchor(str(count), replace(self.sketch, top=count), current=count == self.sketch.top)
            for count in sorted({*TOPS, self.sketch.top})
        )
        return view.Options(self.visit._("How many groups"), tuple(choices))

    def _more(self) -> Iterator[view.Options]:
        asked, visit = self.sketch, self.visit
        metric = visit.catalog.metric(asked.names[0])
        no_sum = "" if metric.additivity == "additive" else visit._("%(metric)s does not add up", metric=metric.title)
        choices: list[view.Anchor] = []
        if KINDS[asked.kind].time:
            for width in AVERAGES:
                changed = replace(asked, moving_average=None if asked.moving_average == width else width)
                why_not = visit._("only without a breakdown") if asked.cuts else ""
                title = visit._("average of %(count)s points", count=width)
                choices.append(self._anchor(title, changed, current=asked.moving_average == width, why_not=why_not))
            changed = replace(asked, cumulative=not asked.cumulative)
            choices.append(
                self._anchor(visit._("added up over time"), changed, current=asked.cumulative, why_not=no_sum)
            )
        if asked.kind == "bar":
            changed = replace(asked, share=not asked.share)
            choices.append(self._anchor(visit._("share of the total"), changed, current=asked.share, why_not=no_sum))
        if asked.kind in ("bar", "table"):
            changed = replace(asked, ascending=not asked.ascending)
            choices.append(self._anchor(visit._("smallest first"), changed, current=asked.ascending))
        if asked.kind in ("pivot", "heat"):
            for relative, title in relatives(visit.language).items():
                changed = replace(asked, relative=None if asked.relative == relative else relative)  # type: ignore[arg-type]
                choices.append(self._anchor(title, changed, current=asked.relative == relative))
        if choices:
            yield view.Options(visit._("Also"), tuple(choices))


def _matches(dimension: str, patterns: Iterable[str]) -> bool:
    return any(one == dimension or (one.endswith(".*") and dimension.startswith(one[:-1])) for one in patterns)


def _apart(choices: list[view.Anchor]) -> Iterator[view.Anchor]:
    """The choices, with those that are called alike told apart by their names in the address."""
    titles = [one.text for one in choices]
    seen: dict[str, int] = {}
    for one in choices:
        seen[one.text] = seen.get(one.text, 0) + 1
        again = titles.count(one.text) > 1 and seen[one.text] > 1
        yield replace(one, text=f"{one.text} ({seen[one.text]})") if again else one


def kinds(language: Language) -> dict[str, str]:
    """The charts by name."""
    return {
        "figure": language._("figure"),
        "line": language._("line"),
        "area": language._("area"),
        "column": language._("columns"),
        "stacked": language._("stacked columns"),
        "share": language._("shares over time"),
        "bar": language._("bars"),
        "table": language._("table"),
        "pivot": language._("cross table"),
        "heat": language._("heat map"),
        "distribution": language._("distribution"),
        "scatter": language._("scatter"),
    }


def grains(language: Language) -> dict[str, str]:
    """The widths of a point in time."""
    return {
        "hour": language._("an hour"),
        "day": language._("a day"),
        "week": language._("a week"),
        "month": language._("a month"),
        "quarter": language._("a quarter"),
        "year": language._("a year"),
    }


def relatives(language: Language) -> dict[str, str]:
    """What a cell can be a share of."""
    return {
        "row": language._("share of the row"),
        "column": language._("share of the column"),
        "total": language._("share of all"),
    }
