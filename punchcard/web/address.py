"""Addresses: a path and its parameters. All that a reader chose is in it, so every link is a changed address."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this site; a change gives another one.

    >>> here = Address("/d/pulse", (("period", "2017"),))
    >>> str(here.to(period="2016", compare="previous_year")), str(here.to(period=None).below("t/3"))
    ('/d/pulse?period=2016&compare=previous_year', '/d/pulse/t/3')
    """

    path: str
    pairs: Pairs = ()

    @classmethod
    def of(cls, path: str, query: str = "") -> "Address":
        """An address as it came in. A range given by its two ends, as a form or a brush does, becomes the period."""
        pairs = parse_qsl(query, keep_blank_values=True)
        ends = {name: value for name, value in pairs if name in ("from", "to")}
        if len(ends) == 2:
            pairs = [pair for pair in pairs if pair[0] not in ("from", "to", "period")]
            pairs.insert(0, ("period", f"{ends['from']}..{ends['to']}"))
        return cls(path, tuple(pairs))

    def get(self, name: str) -> str | None:
        """The value of a parameter, if it is given."""
        return next((value for key, value in self.pairs if key == name), None)

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a parameter, in order."""
        return tuple(value for key, value in self.pairs if key == name)

    def to(self, **changes: str | None) -> "Address":
        """The address with parameters set, or taken away where the value is None."""
        found = self
        for name, value in changes.items():
            found = found.with_every(name, () if value is None else (value,))
        return found

    def with_every(self, name: str, values: tuple[str, ...]) -> "Address":
        """The address with a parameter that may be given several times, where it stood first."""
        place = next((position for position, pair in enumerate(self.pairs) if pair[0] == name), len(self.pairs))
        rest = [pair for pair in self.pairs if pair[0] != name]
        rest[place:place] = [(name, value) for value in values]
        return replace(self, pairs=tuple(rest))

    def only(self, *names: str) -> "Address":
        """The address with none but these parameters."""
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair[0] in names))

    def below(self, rest: str) -> "Address":
        """The address of something that belongs to this one."""
        return replace(self, path=f"{self.path.rstrip('/')}/{rest}")

    @property
    def query(self) -> str:
        """The parameters as they stand after the question mark."""
        return urlencode(self.pairs, safe="/:,.")

    def __str__(self) -> str:
        path = quote(self.path, safe="/:@")
        return f"{path}?{self.query}" if self.pairs else path
