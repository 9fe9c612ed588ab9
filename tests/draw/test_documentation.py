"""The pictures of the documentation are those that the code draws today.

To draw them anew: `python -m tests.draw.test_documentation`.
"""

from pathlib import Path

import pytest

from chainrule import (
    binary_cross_entropy_with_logits,
    expression,
    matrix,
    mean,
    named,
    sin,
    tanh,
    vector,
)

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
a, b, c, m, x, y = (expression(name) for name in "abcmxy")
ROWS = {"x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 5.0], "m": 1.0, "b": 0.0}


def network():
    P, inside = matrix("P", "n", 2), vector("inside", "n")
    W, shift, v = matrix("W", 2, "h"), vector("c", "h"), vector("v", "h")
    hidden = named("H", tanh(P @ W + shift))
    logit = named("logit", hidden @ v + expression("z", shape=()))
    values = {"P": [[0.5, -0.5], [1.0, 0.25], [0.0, 0.0]], "inside": [1.0, 0.0, 1.0]}
    values |= {"W": [[1.0, -1.0], [0.5, 2.0]], "c": [0.0, 0.5], "v": [1.0, -2.0], "z": 0.25}
    return binary_cross_entropy_with_logits(logit, inside).graph(values)


def slide():
    return named("L", c * named("e", a + named("d", 2 * b)))


PICTURES = {
    "slide": lambda: slide().graph({"a": 1, "b": 2, "c": 3}, wrt="b"),
    "two-paths": lambda: (sin(x) * x).graph({"x": 2.0}, wrt="x"),
    "network": network,
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
