"""History: the spells of one division of members in the order of members and time, for passes over the timeline."""

from collections.abc import Sequence

from punchcard.errors import QueryError
from punchcard.plan.dimension import HISTORIES
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql


def values(scope: Scope, name: str) -> Sql:
    """The values that a history has, one a row."""
    spells, value, where = _of(scope, name)
    return scope.statement(
        sql("select distinct {value} from {spells} where {where} order by 1", value=value, spells=spells, where=where)
    )


def history(scope: Scope, name: str, words: Sequence[str]) -> Sql:
    """Rows of member, since, until and code, the place among the words from 1 on; mostly in order, as they are stored.

    Text is turned into places where it lies: carrying it out and reading it costs twice as much.
    """
    spells, value, where = _of(scope, name)
    listed = join(", ", [sql("{word}", word=word) for word in words])
    return scope.statement(
        sql(
            "select member_id as member, epoch_us(valid_from) as since, epoch_us(valid_to) as until,"
            " cast(list_position(cast([{listed}] as varchar[]), {value}) as integer) as code\n"
            "from {spells} where {where}",
            listed=listed,
            value=value,
            spells=spells,
            where=where,
        )
    )


def _of(scope: Scope, name: str) -> tuple[Name, Name, Sql]:
    head, _, which = name.partition(".")
    if not which:
        raise QueryError(f"'{name}' names no history; write {head}.NAME")
    spells, value, named = HISTORIES[head]
    where = sql(
        "{named} = {which} and member_id is not null and {value} is not null",
        named=Name(named),
        which=which,
        value=Name(value),
    )
    return scope.relation(spells), Name(value), where
