"""Paths: what members do after one another within a session, from, to or between nodes."""

from dataclasses import dataclass

import numpy as np

from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.paths import Paths
from punchcard.timeline.axis import SECOND, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Codes, Flags, Ints, in_ranges
from punchcard.timeline.kernels.paths import dense_edges
from punchcard.timeline.kernels.paths import paths as passed
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline, Track

# Counting edges in a table costs 8 bytes a cell; beyond this many cells they are sorted instead.
TABLE = 1 << 22
BETWEEN = "…"


class UnknownNode(QueryError):
    """A path is asked to begin or end at what is on no path."""


@dataclass(frozen=True, slots=True)
class Edge:
    """So many go from one node to another as the n-th move (from 1)."""

    position: int
    source: str
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class PathsAnswer:
    """What one pass found: the path of each session."""

    parameters: Paths
    nodes: tuple[str, ...]
    member: Codes
    found: Codes

    def edges(self) -> tuple[Edge, ...]:
        """All edges, by position, then the most frequent first."""
        counted = self._by_member() if self.parameters.count == "members" else self._by_session()
        edges = [Edge(s + 1, self.nodes[a], self.nodes[b], n) for (s, a, b), n in counted.items()]
        return tuple(sorted(edges, key=lambda e: (e.position, -e.count, e.source, e.target)))

    def _by_session(self) -> dict[tuple[int, int, int], int]:
        nodes, steps = len(self.nodes), self.parameters.max_steps - 1
        if nodes * nodes * steps <= TABLE:
            table = np.sum(in_ranges(len(self.found), lambda a, b: dense_edges(self.found[a:b], nodes)), axis=0)
            if not np.ndim(table):
                return {}
            return {(int(s), int(a), int(b)): int(table[s, a, b]) for s, a, b in zip(*np.nonzero(table), strict=True)}
        keys, counts = np.unique(self._keys()[1], return_counts=True)
        return {self._key(int(key)): int(n) for key, n in zip(keys, counts, strict=True)}

    def _by_member(self) -> dict[tuple[int, int, int], int]:
        member, key = self._keys()
        pairs = np.unique(np.stack((key, member)), axis=1)
        keys, counts = np.unique(pairs[0], return_counts=True)
        return {self._key(int(key)): int(n) for key, n in zip(keys, counts, strict=True)}

    def _keys(self) -> tuple[Ints, Ints]:
        nodes = len(self.nodes)
        source, target = self.found[:, :-1].astype(np.int64), self.found[:, 1:].astype(np.int64)
        key = (np.arange(source.shape[1]) * nodes + source) * nodes + target
        there = target >= 0
        return np.broadcast_to(self.member[:, None], there.shape)[there].astype(np.int64), key[there]

    def _key(self, key: int) -> tuple[int, int, int]:
        rest, target = divmod(key, len(self.nodes))
        position, source = divmod(rest, len(self.nodes))
        return position, source, target

    def members(self, position: int, source: str, target: str) -> Ints:
        """The members behind an edge, each once."""
        a, b = self.nodes.index(source), self.nodes.index(target)
        here = (self.found[:, position - 1] == a) & (self.found[:, position] == b)
        return np.unique(self.member[here]).astype(np.int64)

    def there(self, position: int, node: str) -> Ints:
        """The members with a path that has a node at a place (from 1), each once."""
        here = self.found[:, position - 1] == self.nodes.index(node)
        return np.unique(self.member[here]).astype(np.int64)

    def places(self) -> dict[tuple[int, str], int]:
        """At each place (from 1), how many sessions, or members, have each node there; whatever they do next."""
        found: dict[tuple[int, str], int] = {}
        for position, here in enumerate(self.found.T, start=1):
            member, node = self.member[here >= 0], here[here >= 0]
            if self.parameters.count == "members":
                node = np.unique(np.stack((node, member)), axis=1)[0]
            counts = np.bincount(node, minlength=len(self.nodes))
            found |= {(position, self.nodes[n]): int(counts[n]) for n in np.flatnonzero(counts)}
        return found

    def flows(self, top: int = 20) -> list[tuple[tuple[str, ...], int]]:
        """The most frequent whole paths."""
        paths, counts = np.unique(self.found, axis=0, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:top]
        return [(tuple(self.nodes[n] for n in paths[i] if n >= 0), int(counts[i])) for i in order]

    def result(self) -> Result:
        """The most frequent edges."""
        edges = self.edges()
        shown = sorted(edges, key=lambda e: -e.count)[: self.parameters.top]
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (e.position, e.source, e.target, e.count) for e in sorted(shown, key=lambda e: (e.position, -e.count))
        )
        columns = (
            Column("position", "Move", "label", "integer"),
            Column("source", "From", "label"),
            Column("target", "To", "label"),
            Column("count", self.parameters.count.capitalize(), "measure", self.parameters.count),
        )
        left = len(edges) - len(shown)
        notes = (Note("cut", f"{left} rarer moves are not shown."),) if left else ()
        return Result(columns, rows, notes)


def paths(timeline: Timeline, parameters: Paths, period: Period, scope: Scope = ALL) -> PathsAnswer:
    """The paths of the sessions in a period."""
    p = parameters
    scope = scope.narrowed(*p.where)
    track = timeline.track(scope.pick(p.activity))
    code, node, names = _nodes(timeline, p, track)
    begin, end = spans(period)
    ends = [-1 if name is None else _known(name, names) for name in (p.start, p.end)]
    parts = in_ranges(
        track.members,
        lambda a, b: passed(
            a, b, track.starts, track.time, code, node, p.session_gap_minutes * 60 * SECOND, begin, end, ends[0],
            ends[1], p.max_steps, p.collapse, len(names), scope.members,
        ),
    )  # fmt: skip
    member = np.concatenate([part[0] for part in parts])
    return PathsAnswer(p, (*names, BETWEEN), member, np.concatenate([part[1] for part in parts]))


def _known(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise UnknownNode(f"no path has the node '{name}'{did_you_mean(name, names)}")
    return names.index(name)


def _nodes(timeline: Timeline, p: Paths, track: Track) -> tuple[Codes, Codes, tuple[str, ...]]:
    """The code of each occurrence, the node of each code (-1 hides it), and the nodes' names."""
    if p.by:
        code, names = _values(timeline, track, p.by)
        code = np.where(code < 0, np.int32(len(names)), code)
        names = (*names, "")
    else:
        code, names = timeline.activity_at(track), timeline.activities
        for activity, name in p.expand.items():
            here: Flags = timeline.holds(Pick(activity), track)
            value, words = _values(timeline, track, name)
            code = np.where(here, np.where(value < 0, code, value + np.int32(len(names))), code)
            names = (*names, *(f"{activity}: {word}" for word in words))
    return _merged(code, [_trimmed(name) if p.trim_slash else name for name in names], p.hide)


def _values(timeline: Timeline, track: Track, name: str) -> tuple[Codes, tuple[str, ...]]:
    kind, words = timeline.described(name)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{name}' holds numbers; nodes are values of a property of text")
    return np.asarray(timeline.values(track, name), np.int32), words


def _trimmed(name: str) -> str:
    return name[:-1] if len(name) > 1 and name.endswith("/") else name


def _merged(code: Codes, names: list[str], hide: tuple[str, ...]) -> tuple[Codes, Codes, tuple[str, ...]]:
    """Nodes of equal names as one, and only those that occur."""
    used = np.bincount(code, minlength=len(names)) > 0
    shown = dict.fromkeys(name for name, here in zip(names, used, strict=True) if here and name not in hide)
    distinct = {name: place for place, name in enumerate(shown)}
    return code, np.array([distinct.get(name, -1) for name in names], np.int32), tuple(distinct)
