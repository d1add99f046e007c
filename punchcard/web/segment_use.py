"""What uses a segment: dashboards, and other segments."""

import msgspec

from punchcard.web import view
from punchcard.web.segment_size import PATH
from punchcard.web.site import Visit


def used_in(visit: Visit, name: str) -> tuple[view.Anchor, ...]:
    """The dashboards and the other segments that name a segment."""
    return uses(visit).get(name, ())


def uses(visit: Visit) -> dict[str, tuple[view.Anchor, ...]]:
    """For each segment the dashboards and the other segments that name it."""
    segments = visit.catalog.segments
    boards = [
        (view.Anchor(one.title, f"/d/{key}", hint=one.question), msgspec.json.encode(one).decode())
        for key, one in visit.dashboards.items()
    ]
    others = [
        (view.Anchor(one.title, f"{PATH}/{key}", hint=one.meaning), {c.segment for _, c in one.conditions()})
        for key, one in segments.items()
    ]
    return {
        name: (
            *(board for board, text in boards if f'"segment":"{name}"' in text or f'"in.{name}"' in text),
            *(other for other, named in others if name in named),
        )
        for name in segments
    }
