"""Activity: something members do, as the timeline knows it: rows of a fact, with the properties that tell them apart.

Activities are declared in `library/activities/*.yaml`, several to a file:

    purchase:
      title: Purchase
      meaning: A sale at the till or in the shop, with a member.
      of: purchase
      where: kind = 'sale'
      properties: {store: store_id, channel: channel, value: net}
"""

from typing import Annotated

from msgspec import Meta, Struct, field


class Activity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Rows of a fact as one activity, or, with `named_by`, as one activity for each value of that column.

    `properties` gives, by the name people see, a column or dimension of the fact. `open` names a JSON column whose keys
    become properties too.
    """

    title: str
    meaning: Annotated[str, Meta(min_length=3)]
    of: str
    where: str | None = None
    named_by: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    open: str | None = None
