"""Colours that can be read and told apart, computed from the page's style and the charts."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from auction.report.charts import COLOURS, STEPS
from auction.report.curve_charts import LINES
from auction.report.drawing import INK, MUTED
from auction.report.forecast_charts import LOOKS

STYLE = files("auction.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
NAMES = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", STYLE))

#: Colour vision without, and with each kind of deficiency in full (Machado and others, 2009).
VISIONS = {
    "all": np.eye(3),
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.011820, 0.042940, 0.968881]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2."""
    light = sorted(float(linear(colour) @ XYZ[1]) + 0.05 for colour in (first, second))
    return light[1] / light[0]


def lab(light: np.ndarray) -> np.ndarray:
    scaled = XYZ @ np.clip(light, 0.0, 1.0) / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def background(level: str) -> str:
    found = re.search(rf"tbody \.{level}, i\.{level} {{ background: (#[0-9a-f]{{6}});", STYLE)
    assert found is not None, level
    return found[1]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["ink", "muted", "accent", "good", "warn", "bad"])
@pytest.mark.parametrize("ground", ["#ffffff", NAMES["soft"]])
def test_text_can_be_read(name: str, ground: str) -> None:
    assert contrast(NAMES[name], ground) >= 4.5


@pytest.mark.parametrize(
    ("level", "text"),
    [("none", INK), ("low", INK), ("middle", INK), ("high", INK), ("full", "#ffffff"),
     ("over", "#ffffff")],
)  # fmt: skip
def test_the_use_of_capacity_can_be_read(level: str, text: str) -> None:
    assert contrast(text, background(level)) >= 4.5


def test_charts_can_be_read() -> None:
    assert contrast(INK, "#ffffff") >= 7.0
    assert contrast(MUTED, "#ffffff") >= 4.5
    lines = (colour for colour, _dash in LINES)
    for colour in (*COLOURS.values(), *STEPS, *(look[0] for look in LOOKS.values()), *lines):
        assert contrast(colour, "#ffffff") >= 3.0, colour


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    "palette",
    [
        tuple(COLOURS.values()),
        STEPS,
        tuple(look[0] for look in LOOKS.values()),
        tuple(dict.fromkeys(colour for colour, _dash in LINES)),
    ],
    ids=["channels", "steps", "intervals", "lines"],
)
def test_colours_stay_apart_for_every_eye(palette: tuple[str, ...], vision: str) -> None:
    sight = np.asarray(VISIONS[vision])
    for first, second in combinations(palette, 2):
        apart = np.linalg.norm(lab(sight @ linear(first)) - lab(sight @ linear(second)))
        assert apart >= 20.0, (first, second, apart)


def test_lines_of_one_colour_differ_in_their_dashes() -> None:
    assert len({(colour, tuple(dash)) for colour, dash in LINES}) == len(LINES)
