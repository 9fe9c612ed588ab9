"""How wide a text may come out, whatever font the reader has, and texts cut to a width.

Generic fonts are asked for, so that the width is an estimate: that of DejaVu Sans, the widest of
the common sans-serif faces. Imports nothing of ours.
"""

from __future__ import annotations

import unicodedata

__all__ = ["cut", "is_bounded", "plain", "width_of"]

# In hundredths of the font size, rounded up: the wider of upright and oblique, and enough for bold
# when multiplied by _BOLD. Source: the advances of DejaVu Sans 2.37, which a test reads again.
_WIDTHS = {
    24: "′",
    28: "'ijlìíîïĩīĭįıĵĺļіїј",
    30: "IJÌÍÎÏĨĪĬĮİĴłΙΪІЇЈ",
    32: " ,.··‘’",
    34: "/:;\\|¦ΐίιϊ",
    36: "fſ",
    38: "-",
    40: "()[]tľţťŧₙⁿᵀ⟨⟩",
    42: "!r¡²³¹ŕŗř⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ℓ",
    46: '"ŀΊₓ',
    48: "ªº",
    50: "*_`§¨¯°´¸–",
    52: "∂",
    54: "?sz¿śŝşšźżžгзѓѕ⁻“”",
    56: "LcçćĉċčĳĹĻĽĿΓέεζνξсэє",
    58: "FkķĸŁΰυϋύ",
    60: "vxyýÿĲŷγκλςχвтухчьў•",
    62: "PTYaeo«»ÝÞàáâãäåèéêëðòóôõöøāăąēĕėęěōŏőŢŤŦŶŸΡΤΥΫδθοτόЃЎГРТУабекояѐёќ",
    64: ("$0123456789ESbdghnpqu{}¢£¤¥µ¶ÈÉÊËßñùúûüþďđĒĔĖĘĚĝğġģĥńņňŋŚŜŞŠũūŭůűųΕΞΣήβημπρσЀЁЅЕлрђ√"),
    66: "KĶΚάαφψЗийнпћѝџ",
    68: "∑∇",
    70: "ABCRVXZÀÁÂÃÄÅÇĀĂĄĆĈĊČħŔŖŘŹŻŽΆΑΒΔΖΛΧЄАБВСХЧЬЭЯдц",
    72: "ЌКъ",
    74: "UÙÚÛÜŨŪŬŮŰŲ∧∨",
    76: "HNÑĤŃŅŇŊΗΝΠЍЏИЙЛНПм∏",
    78: "&DGÐĎĐĜĞĠĢΈΩЦ",
    80: "OQÒÓÔÕÖØŌŎŐΘΟΦΨЂЋДОы",
    82: "wŉŵ",
    84: "#+<=>^~¬±×÷ΌωώЪ−≤≥≠≈∞→←↑↓",
    86: "Ύфю",
    88: "MΜМФ∈",
    90: "Ыњ",
    92: "ĦΉΏжшљ",
    96: "%щ□",
    98: "m¼½¾Æ",
    100: "@W©®æŴ…—",
    104: "œ�",
    106: "Њ",
    108: "ŒЖШЮ",
    110: "ЉЩ",
}
_WIDTH = {letter: width / 100 for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.25
_WIDE = 1.0  # ideographs fill the square; what is unknown gets as much
_PICTOGRAM = 1.3  # emoji are wider than the square in the common faces
_RARE = "\u1100"  # from here on are the ligatures and signs that run over many squares
_REPLACED = "\N{REPLACEMENT CHARACTER}"
# Orders to write from right to left, which would turn round the text after them.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    r"""Return text that XML allows and that stays on its line: signs for control characters.

    >>> print(plain("two\nlines"), plain("bell \a"))
    two␊lines bell ␇
    """
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter < " ":
        return chr(0x2400 + ord(letter))
    if letter in _TURNING or ord(letter) & 0xFFFE == 0xFFFE:
        return _REPLACED
    return _REPLACED if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} else letter


def _width(letter: str) -> float:
    known = _WIDTH.get(letter)
    if known is not None:
        return known
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0.0
    return _PICTOGRAM if unicodedata.category(letter) == "So" else _WIDE


def is_bounded(text: str) -> bool:
    r"""Whether no character is of a kind that some fonts draw wider than is allowed for here.

    >>> is_bounded("slope"), is_bounded("β"), is_bounded("\ufdfd")
    (True, True, False)
    """
    return all(
        letter < _RARE
        or letter in _WIDTH
        or unicodedata.category(letter) in {"Mn", "Me", "Cf"}
        or "\u2190" <= letter <= "\u2bff"  # arrows, technical signs, pictograms
        or letter >= "\U0001f000"  # pictograms
        or unicodedata.east_asian_width(letter) in {"W", "F"}
        for letter in text
    )


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width that a text of this font size has at most.

    >>> width_of("mm", 10), width_of("mm", 10, bold=True)
    (19.6, 24.5)
    """
    return size * sum(map(_width, text)) * (_BOLD if bold else 1.0)


def cut(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """Shorten a text to a width, with an ellipsis; what belongs to one character stays together.

    >>> cut("temperature", 10, 60), cut("m", 10, 60)
    ('temperat…', 'm')
    """
    if width_of(text, size, bold=bold) <= most:
        return text
    room = most - width_of("…", size, bold=bold)
    end = 0
    for letter in text:
        room -= width_of(letter, size, bold=bold)
        if room < 0:
            break
        end += 1
    while end and _joins(text, end):
        end -= 1
    return text[:end].rstrip() + "…"


def _joins(text: str, at: int) -> bool:
    """Tell whether the character there belongs to the one before."""
    joiner = "\N{ZERO WIDTH JOINER}"
    return text[at] == joiner or text[at - 1] == joiner or _width(text[at]) == 0.0
