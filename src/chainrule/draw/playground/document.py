"""The HTML of a page of gradient descent, put together from its parts."""

from __future__ import annotations

import keyword
import re
from functools import cache
from typing import Any

from chainrule.draw.page.document import asset, digest
from chainrule.draw.page.sheet import palette, strokes
from chainrule.draw.picture.text import escaped
from chainrule.draw.playground.operations import (
    called,
    known_operations,
    table,
    without_javascript,
)
from chainrule.draw.playground.scene import MOST_EPOCHS, Scene, choices
from chainrule.engine.names import ALIKE, ESCAPES
from chainrule.engine.notation import UNARY
from chainrule.engine.sources import literal
from chainrule.language.literals import NUMBERS
from chainrule.language.overloads import operators
from chainrule.language.text.parse import ELSEWHERE
from chainrule.language.text.quoting import FOREIGN, INSTEAD, WORDS
from chainrule.optimize.methods import METHODS

__all__ = ["document", "mathematics"]

OURS = "chainrule.draw.playground"
PAGES = "chainrule.draw.page"
# What computes, and what shows it; the first knows nothing of a page.
COMPUTING = ("tokens", "parse", "tape", "methods", "report", "wording", "symptoms")
SHOWING = ("state", "scales", "levels", "plane", "line", "losses", "race", "words", "controls")


def document(scene: Scene) -> str:
    """Put the page together."""
    script = "\n".join(
        [
            '"use strict";',
            "(() => {",
            mathematics(),
            f"const given = {literal(beginning(scene))};",
            asset("theme.js", PAGES),
            *(asset(f"{name}.js", OURS) for name in (*SHOWING, "start")),
            "})();",
        ]
    )
    words = {
        "title": escaped(f"Gradient descent on {scene.formula:.60}"),
        "policy": f"'sha256-{digest(script)}'",
        "style": palette()
        + "".join(strokes(len(METHODS)))
        + asset("page.css", PAGES)
        + asset("playground.css", OURS),
        "script": script,
        "formula": escaped(scene.formula),
        "methods": "".join(f"<option>{escaped(name)}</option>" for name in METHODS),
        "most": str(MOST_EPOCHS),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: words[match[1]], asset("playground.html", OURS))


@cache
def mathematics() -> str:
    """Write all that computes: the operations, the grammar, the methods, the words."""
    return "\n".join(
        [
            f"const operations = {table()};",
            f"const grammar = {literal(grammar())};",
            f"const settings = {literal(settings())};",
            asset("digits.js", PAGES),
            *(asset(f"{name}.js", OURS) for name in COMPUTING),
        ]
    )


def grammar() -> dict[str, Any]:
    """Return what the reader of formulas knows of names and operators."""
    known = known_operations()
    binary = {
        symbol: [kind.__name__, kind.notation.precedence]
        for symbol, kind in operators.items()
        if kind in known.values() and kind.notation.operator == symbol and kind.arity == (2, 2)
    }
    return {
        "functions": called(),
        "absent": without_javascript(),
        "binary": binary,
        "unary": UNARY,
        "negation": operators["negate"].__name__,
        "complement": operators["~"].__name__,
        "numbers": NUMBERS,
        "foreign": list(FOREIGN.items()),
        "instead": INSTEAD,
        "words": WORDS,
        "elsewhere": ELSEWHERE,
        "escapes": ESCAPES,
        "keywords": [word for word in keyword.kwlist if word not in {"True", "False", "None"}],
        "alike": {chr(letter): chr(ours) for letter, ours in ALIKE.items()},
    }


def settings() -> dict[str, Any]:
    """Return the options of each method, as the method itself has them."""
    return {name: {"options": dict(make().options)} for name, make in METHODS.items()}


def beginning(scene: Scene) -> dict[str, Any]:
    """Return what the page begins with, and what else it offers."""
    return {
        "formula": scene.formula,
        "start": scene.start,
        "box": scene.box,
        "method": scene.method,
        "rate": scene.rate,
        "epochs": scene.n_epochs,
        "race": scene.race,
        "landscape": scene.landscape,
        "landscapes": choices(),
        "most": MOST_EPOCHS,
    }
