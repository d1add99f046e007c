"""Elements as escaped markup: the few lines that keep every name of a member, brand or campaign from becoming HTML."""

from collections.abc import Iterable
from functools import cache

from markupsafe import Markup, escape

Attribute = str | int | float | bool | None


def element(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """An element; text children are escaped. `class_` is class and `data_x` is data-x;
    True makes a bare attribute, None none.

    >>> element("b", "R&D", class_="x", hidden=True, title=None)
    Markup('<b class="x" hidden>R&amp;D</b>')
    """
    return Markup(f"<{name}{_attributes(attributes)}>{joined(children)}</{name}>")  # noqa: S704 - escaped


def void(name: str, **attributes: Attribute) -> Markup:
    """An element without content."""
    return Markup(f"<{name}{_attributes(attributes)}/>")  # noqa: S704 - escaped


def joined(children: Iterable[str | Markup]) -> Markup:
    """Pieces one after another; text is escaped."""
    # Most children are markup already, and asking `escape` to find that out takes longer than all the rest.
    parts = [child if type(child) is Markup else escape(child) for child in children]
    return Markup("".join(parts))  # noqa: S704 - escaped


def number(value: float) -> str:
    """A coordinate with two decimals at most: a hundredth of a percent is less than a pixel.

    >>> number(12.0), number(1 / 3)
    ('12', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def figure(text: str) -> Markup:
    """A number kept left to right and apart from the text around it, as right-to-left pages need."""
    return element("bdi", text, class_="n")


def _attributes(attributes: dict[str, Attribute]) -> str:
    parts: list[str] = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        if value is True:
            parts.append(f" {_name(key)}")
        else:
            parts.append(f' {_name(key)}="{escape(value) if isinstance(value, str) else value}"')
    return "".join(parts)


@cache
def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
