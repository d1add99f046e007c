"""What the page of an audience shows, as plain values; see `view`."""

from dataclasses import dataclass

from punchcard.web.view import Hidden, Shell, Tile


@dataclass(frozen=True, slots=True)
class Taken:
    """How many of each arm were drawn, and where the list is."""

    target: str
    control: str
    csv: str


@dataclass(frozen=True, slots=True)
class HookForm:
    """A system that the audience may be sent to, and what the form carries along."""

    text: str
    to: str
    keep: tuple[Hidden, ...]


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery of the account."""

    when: str
    draw: str
    hook: str
    to: str
    target: str
    control: str
    tries: str
    said: str
    digest: str
    signed: bool
    delivered: bool


@dataclass(frozen=True, slots=True)
class AudiencePage:
    """An audience before and after its draw. `chips` say the period and the filters; `control` is in per cent."""

    shell: Shell
    chips: tuple[str, ...]
    tile: Tile
    keep: tuple[Hidden, ...]
    control: str
    draw: str
    taken: Taken | None
    hooks: tuple[HookForm, ...]
    account: tuple[DeliveryLine, ...]
