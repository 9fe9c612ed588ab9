"""The pictures of the documentation are those that the code draws today.

To draw them anew: `python -m tests.draw.test_documentation`.
"""

from pathlib import Path

import pytest

from chainrule import expression, mean, named, sin

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
a, b, c, m, x, y = (expression(name) for name in "abcmxy")
ROWS = {"x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 5.0], "m": 1.0, "b": 0.0}


def slide():
    return named("L", c * named("e", a + named("d", 2 * b)))


PICTURES = {
    "slide": lambda: slide().graph({"a": 1, "b": 2, "c": 3}, wrt="b"),
    "two-paths": lambda: (sin(x) * x).graph({"x": 2.0}, wrt="x"),
    "loss": lambda: mean((y - (m * x + b)) ** 2).graph(ROWS, wrt="m"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name):
    assert PICTURES[name]().to_svg() == (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def test_no_picture_is_left_over():
    assert {f"{name}.svg" for name in PICTURES} == {path.name for path in FOLDER.iterdir()}


if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(drawn().to_svg(), encoding="utf-8")
