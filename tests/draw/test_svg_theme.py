"""What holds whatever the picture: contrast in both themes, and room for every font's text."""

from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont

from chainrule.draw.picture.theme import DARK, DASHES, LIGHT
from chainrule.draw.picture.widths import _WIDTH, cut, plain, width_of

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"


def luminance(colour):
    """Relative luminance. Source: WCAG 2.2, its definition."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * letter for letter in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_what_it_stands_on(colours):
    pairs = [
        *((colours.ink, on) for on in (colours.paper, colours.given, colours.step, colours.badge)),
        *((colours.muted, on) for on in (colours.paper, colours.given, colours.step)),
        (colours.muted, colours.badge),
        (colours.value, colours.value_tint),
        (colours.gradient, colours.gradient_tint),
        (colours.alarm, colours.paper),
    ]
    assert [] == [pair for pair in pairs if contrast(*pair) < 4.5]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_line_that_means_something_stands_out(colours):
    lines = [colours.line, colours.value, colours.gradient, colours.alarm, *colours.paths]
    assert [] == [line for line in lines if contrast(line, colours.paper) < 3]
    assert len(DASHES) == len(set(DASHES)) == len(set(colours.paths)) == len(colours.paths)


@pytest.mark.parametrize(
    ("style", "bold"),
    [("", False), ("-Oblique", False), ("-Bold", True), ("-BoldOblique", True)],
)
def test_no_letter_is_wider_than_its_entry(style, bold):
    font = TTFont(FONTS / f"DejaVuSans{style}.ttf")
    glyphs, advances = font.getBestCmap(), font["hmtx"]
    true = {
        letter: advances[glyphs[ord(letter)]][0] / font["head"].unitsPerEm
        for letter in _WIDTH
        if ord(letter) in glyphs
    }
    assert len(true) > 500
    assert [] == [letter for letter in true if true[letter] > width_of(letter, 1, bold=bold)]
    # Nor so much narrower that a card would look empty.
    if not bold:
        assert sum(_WIDTH[letter] for letter in true) < 1.06 * sum(true.values())


def test_a_text_is_cut_between_characters_and_fits():
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert "…" == cut(family + "x", 10, 30)
    assert "e\N{COMBINING ACUTE ACCENT}…" == cut("e\N{COMBINING ACUTE ACCENT}" * 9, 10, 18)
    assert all(width_of(cut("W" * 40, 12, most), 12) <= most for most in (20, 50, 90))


def test_control_characters_and_orders_to_turn_round_are_shown_and_not_followed():
    assert "a␊b␀c�d�" == plain("a\nb\0c\N{RIGHT-TO-LEFT OVERRIDE}d\ud800")
