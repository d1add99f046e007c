"""What uses a segment: dashboards, and other segments."""

import msgspec

from punchcard.web import view
from punchcard.web.segment_size import PATH
from punchcard.web.site import Visit


def used_in(visit: Visit, name: str) -> tuple[view.Anchor, ...]:
    """The dashboards and the other segments that name a segment."""
    marks = (f'"segment":"{name}"', f'"in.{name}"')
    boards = [
        view.Anchor(one.title, f"/d/{key}", hint=one.question)
        for key, one in visit.dashboards.items()
        if any(mark in text for text in (msgspec.json.encode(one).decode(),) for mark in marks)
    ]
    others = [
        view.Anchor(one.title, f"{PATH}/{key}", hint=one.meaning)
        for key, one in visit.catalog.segments.items()
        if any(condition.segment == name for _, condition in one.conditions())
    ]
    return (*boards, *others)
