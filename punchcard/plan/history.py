"""History: the spells of one division of members in the order of members and time, for passes over the timeline."""

from punchcard.errors import QueryError
from punchcard.plan.dimension import HISTORIES
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, sql


def is_history(name: str) -> bool:
    """Whether a name means what members are over time, such as `segment.SCHEME`."""
    return name.partition(".")[0] in HISTORIES


def history(scope: Scope, name: str) -> Sql:
    """Rows of member, since, until and value."""
    head, _, which = name.partition(".")
    if not which:
        raise QueryError(f"'{name}' names no history; write {head}.NAME")
    spells, value, named = HISTORIES[head]
    return scope.statement(
        sql(
            "select member_id as member, epoch_us(valid_from) as since, epoch_us(valid_to) as until, {value} as value"
            " from {spells} where {named} = {which} and member_id is not null order by 1, 2",
            value=Name(value),
            spells=scope.relation(spells),
            named=Name(named),
            which=which,
        )
    )
