"""Ours: forms that change something come from the operator, and from a page that this server has written."""

from secrets import compare_digest

from punchcard.errors import Forbidden, PunchcardError
from punchcard.web.site import Visit


class NotOurs(PunchcardError):
    """A form that no page of this server has written."""


def ours(visit: Visit, data: dict[str, str]) -> None:
    """Refuse a form that is not the operator's, or that no page of this server has written."""
    if visit.site.viewer.brands is not None:
        raise Forbidden("only the operator writes files of the project")
    if not compare_digest(data.get("token", "").encode(), visit.site.token.encode()):
        raise NotOurs("this form is from another page, or from before a restart; load the page again")
