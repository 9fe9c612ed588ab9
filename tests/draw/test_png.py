"""The picture as dots: sizes, fonts and what is missing."""

import struct
import sys

import pytest
import resvg_py

from chainrule import expression
from chainrule.draw.picture import png as dots
from chainrule.errors import FileFormatError, MissingExtra, ValueTypeError

x, y = expression("x"), expression("y")
GRAPH = (x * y).graph({"x": 2, "y": 3})


def size_of(picture):
    """Width and height. Source: the PNG specification, 11.2.2, the header."""
    return struct.unpack(">II", picture[16:24])


def sides(svg):
    return [float(part) for part in svg.split('viewBox="0 0 ')[1].split('"')[0].split()]


@pytest.mark.parametrize("scale", [1, 2.5])
def test_a_picture_has_as_many_dots_as_asked_for(tmp_path, scale):
    GRAPH.to_png(tmp_path / "p.PNG", scale=scale, title="Product")
    wanted = [side * scale for side in sides(GRAPH.to_svg(title="Product"))]
    assert wanted == pytest.approx(size_of((tmp_path / "p.PNG").read_bytes()), abs=1)


def test_light_is_light_and_dark_is_dark():
    pictures = {theme: GRAPH.to_svg(theme=theme) for theme in ("auto", "light", "dark")}
    made = {theme: dots.png(picture, 1) for theme, picture in pictures.items()}
    assert made["auto"] == made["light"] != made["dark"]


def test_fonts_of_the_system_serve_where_matplotlib_is_missing(monkeypatch):
    monkeypatch.setattr(dots, "bundled_fonts", list)
    assert b"PNG" == dots.png(GRAPH.to_svg(), 1)[1:4]


def test_without_any_font_it_says_what_brings_one(monkeypatch):
    monkeypatch.setattr(dots, "bundled_fonts", list)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda *_: b"blank")
    with pytest.raises(MissingExtra) as caught:
        dots.png(GRAPH.to_svg(), 1)
    assert (
        "The text of a PNG picture needs a sans-serif font, which is not installed: "
        'pip install "chainrule[plot]"'
    ) == str(caught.value)


def test_without_the_renderer_it_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtra) as caught:
        GRAPH.to_png(tmp_path / "p.png")
    assert (
        'A PNG picture needs resvg-py, which is not installed: pip install "chainrule[png]"'
    ) == str(caught.value)


def test_another_extension_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match=r"'p.svg' has the extension '.svg'; to_png writes"):
        GRAPH.to_png(tmp_path / "p.svg")


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), True, "2"])
def test_a_scale_that_is_none_is_refused(tmp_path, scale):
    with pytest.raises(ValueTypeError, match="scale must be a number above 0, not"):
        GRAPH.to_png(tmp_path / "p.png", scale=scale)


def test_a_picture_of_too_many_dots_names_the_largest_scale(tmp_path):
    with pytest.raises(ValueTypeError, match=r"more than 100,000,000. Give a scale of at most"):
        GRAPH.to_png(tmp_path / "p.png", scale=500)
