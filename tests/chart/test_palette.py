"""Colours can be told apart, also by eyes that lack one kind of cone, and the style sheet holds the same ones."""

import re
from itertools import combinations

import numpy as np
import pytest

from punchcard.chart.palette import DARK, LIGHT, PALETTES, Palette, series_role, shade
from punchcard.web.pages import STATIC

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Ottosson (2020): linear sRGB to cone responses, and their cube roots to OKLab.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(colour: str, sight: np.ndarray) -> np.ndarray:
    return OKLAB @ np.cbrt(CONES @ np.clip(sight @ linear(colour), 0, 1))


def luminance(colour: str) -> float:
    return float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_series_can_be_told_apart(palette: Palette, sight: str) -> None:
    distances = [
        float(np.linalg.norm(seen(one, SIGHT[sight]) - seen(other, SIGHT[sight]))) * 100
        for one, other in combinations(palette.categories, 2)
    ]
    assert min(distances) >= 11


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_text_can_be_read_on_every_step_of_the_ramp(palette: Palette) -> None:
    for ground, ink in zip(palette.ramp, palette.ink, strict=True):
        assert contrast(ground, ink) >= 4.5, (ground, ink)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_words_can_be_read_on_page_and_tile(palette: Palette) -> None:
    for role in ("text", "muted", "accent", "good", "bad"):
        for ground in ("surface", "bg"):
            assert contrast(palette[role], palette[ground]) >= 4.5, (role, ground)


def test_the_style_sheet_holds_the_colours_of_the_palette() -> None:
    css = (STATIC / "punchcard.css").read_text()
    held = {
        name: (light, dark) for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#\w+), (#\w+)\)", css)
    }
    for role, light in LIGHT.roles.items():
        assert held[role] == (light, DARK[role]), role


def test_the_seventh_series_is_grey() -> None:
    assert [series_role(place) for place in (0, 5, 6)] == ["s1", "s6", "other"]


def test_the_ramp_reaches_both_ends_and_survives_equal_values() -> None:
    assert (shade(0, 0, 10), shade(10, 0, 10), shade(5, 5, 5)) == (0, 8, 4)
