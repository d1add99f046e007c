"""Audience: the members a campaign is for, cut into target and control by a lot that anybody can draw again.

The lot of a member is a number made of the draw's name and the member's own; the same name draws the same lots on any
machine, on any day, and a member who joins changes nobody else's. Another name draws afresh.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from punchcard.analyses.reach import Audience
from punchcard.answer import frame_of
from punchcard.errors import Forbidden, QueryError
from punchcard.plan.audience import listed
from punchcard.programme import Programme
from punchcard.query import Query
from punchcard.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Drawn:
    """Members by number in the source and whether each is of the control, in the order of the source."""

    name: str
    refs: tuple[str, ...]
    controls: tuple[bool, ...]

    @property
    def target(self) -> int:
        """Members to write to."""
        return len(self.refs) - self.control

    @property
    def control(self) -> int:
        """Members kept as control."""
        return sum(self.controls)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Member and arm."""
        for ref, control in zip(self.refs, self.controls, strict=True):
            yield ref, "control" if control else "target"

    def of(self, arm: str) -> tuple[str, ...]:
        """The members of an arm."""
        return tuple(ref for ref, own in self.rows() if own == arm)


def lot(name: str, ref: str) -> float:
    """A member's lot in a draw: a number from 0 to 1, as good as chance and always the same.

    >>> round(lot("autumn", "17"), 6), lot("autumn", "17") == lot("winter", "17")
    (0.464296, False)
    """
    # A separator that no name holds keeps ("a", "bc") and ("ab", "c") apart.
    digest = blake2b(f"{name}\x1f{ref}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def for_the_operator(viewer: Viewer) -> None:
    """Refuse a list to a viewer of brands (decision 11)."""
    if viewer.brands is not None:
        raise Forbidden("only the operator may take out lists of members")


def asked(query: Query) -> Audience:
    """The audience that a question asks for; QueryError if it asks for something else."""
    if not isinstance(query.ask, Audience):
        raise QueryError("an audience is drawn from a question of the kind 'audience'")
    return query.ask


def draw(programme: Programme, query: Query, viewer: Viewer, name: str) -> Drawn:
    """The audience of a question of the kind 'audience', its control drawn under a name; Forbidden for brands."""
    for_the_operator(viewer)
    ask = asked(query)
    if not name.strip():
        raise QueryError("a draw has a name, such as that of the campaign: the same name draws the same lots again")
    frame = frame_of(query, viewer, programme)
    refs = tuple(str(ref) for (ref,) in frame.run(listed(frame.scope(), frame.cut(), ask.reach(frame))))
    return Drawn(name, refs, tuple(lot(name, ref) < ask.control for ref in refs))


def heads() -> Sequence[str]:
    """The columns of the file."""
    return ("member", "arm")
