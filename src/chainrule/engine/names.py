"""Names of variables as text and as LaTeX: bare, in backticks, with subscripts.

A bare name is an identifier that Python and the reader take for itself and for no other; any other
name stands in backticks. Knows no graph.
"""

from __future__ import annotations

import keyword
import math
import re
import unicodedata

__all__ = ["ALIKE", "ESCAPES", "RESERVED", "is_plain", "latex_name", "lookalike", "quoted"]


def quoted(name: str) -> str:
    """Write a name as the language reads it: bare where it is an identifier, else in backticks.

    >>> quoted("x1"), quoted("petal length (cm)")
    ('x1', '`petal length (cm)`')
    """
    return name if is_plain(name) else "`" + "".join(map(escape, name)) + "`"


NUMBERS = {"inf": math.inf, "nan": math.nan, "pi": math.pi}  # names that stand for numbers
RESERVED = frozenset(NUMBERS)
ESCAPES = {"\\": "\\", "`": "`", "n": "\n", "t": "\t", "r": "\r"}
_ESCAPED = {character: "\\" + code for code, character in ESCAPES.items()}
# Letters of other alphabets that print like one of ours; a name of these alone would be misread.
ALIKE = str.maketrans(
    "АВЕКМНОРСТУХЅІЈаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοı",
    "ABEKMHOPCTYXSIJaeopcyxsijhdqwABEZHIKMNOPTYXoi",
)


def lookalike(name: str) -> str:
    """Return the ASCII name that this one would be taken for, if it is another.

    >>> lookalike("\N{CYRILLIC SMALL LETTER HA}1"), lookalike("\N{GREEK SMALL LETTER ALPHA}")
    ('x1', '')
    """
    alike = unicodedata.normalize("NFKC", name).translate(ALIKE)
    return alike if alike != name and alike.isascii() else ""


def is_plain(name: str) -> bool:
    """Tell whether a name stands in a formula bare: an identifier, read as itself and no other."""
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
        return False
    if name.startswith("__") or name == "π" or "·" in name:  # the number, and a product's dot
        return False
    # Python reads identifiers in their compatibility form (NFKC).
    return name.isascii() or (unicodedata.normalize("NFKC", name) == name and not lookalike(name))


def escape(character: str) -> str:
    """Write a character as it stands in backticks."""
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"


_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = frozenset(_LETTERS.split())
_IN_LATEX = {
    "\\": r"\backslash ",
    "^": r"\hat{\ }",
    "~": r"\tilde{\ }",
    " ": r"\ ",
    **{character: "\\" + character for character in "#$%&_{}"},
}


def latex_name(name: str) -> str:
    r"""Write a variable's name in LaTeX: letters in italics, words upright, numbers as subscripts.

    >>> print(latex_name("m0"), latex_name("theta_1"), latex_name("petal length"))
    m_{0} \theta_{1} \mathrm{petal\ length}
    """
    parts = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+)|_([^\W_]+))?", name)
    stem, digits, word = parts.groups() if parts else (name, None, None)
    if len(stem) > 1 and stem not in GREEK:
        return rf"\mathrm{{{upright(name)}}}"
    letter = stem if len(stem) == 1 else f"\\{stem}"
    if digits:
        return f"{letter}_{{{digits}}}"
    if word:
        below = word if len(word) == 1 else rf"\mathrm{{{upright(word)}}}"
        return f"{letter}_{{{below}}}"
    return letter if parts else rf"\mathrm{{{upright(name)}}}"


def upright(name: str) -> str:
    r"""Write any text inside \mathrm, where a space needs a backslash."""
    return "".join(_IN_LATEX.get(c, c if c.isprintable() else r"\ ") for c in name)
