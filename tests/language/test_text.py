"""Formulas as text and as LaTeX: least brackets, short for huge graphs, good to look at."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from tests.strategies import expressions

import chainrule
from chainrule import constant, exp, expression, named, parse, sin, weighted
from chainrule.engine import notation
from chainrule.engine.notation import latex
from chainrule.engine.program import flatten

x, y = expression("x"), expression("y")

TEXTS = {
    "least brackets": ((x + y) * 2 - (x - (y - 1)), "(x + y)*2 - (x - (y - 1))"),
    "powers to the right": ((x**y) ** 2**-y, "(x**y)**2**-y"),
    "a number with a sign": (x - -2, "x - -2"),
    "a sign before a number": (-constant(2), "-(2)"),
    "a power of a negative number": (constant(-2) ** x, "(-2)**x"),
    "a named step": (named("d", 2 * x) + named("d", 2 * x), "(d := 2*x) + d"),
    "a name with spaces": (expression("petal length (cm)") / 2, "`petal length (cm)`/2"),
    "a word of Python": (expression("lambda") + expression("pi"), "`lambda` + `pi`"),
    "another alphabet": (expression("größe") + expression("х"), "größe + `х`"),
    "a control character": (expression("a\x00\u202e\n"), r"`a\x00\U0000202e\n`"),
    "a fraction": (x * Fraction(1, 3), "x*Fraction(1, 3)"),
    "a complex number": (x * (1 - 2j), "x*complex(1.0, -2.0)"),
    "single precision": (x * np.float32(0.1), "x*float32(0.1)"),
    "an array": (x * [1.0, math.nan], "x*array([1.0, nan])"),
    "a whole number beyond decimal": (constant(2**20_000) + x, hex(2**20_000) + " + x"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_formula_is_written_with_least_brackets(name):
    e, text = TEXTS[name]
    assert text == str(e)
    assert e is parse(text)


def test_repr_says_what_it_is():
    assert "expression('x')" == repr(x)
    assert "constant(2)" == repr(constant(2))
    assert "<multiplication 2*x>" == repr(2 * x)
    assert "<named (d := 2*x)>" == repr(named("d", 2 * x))


def chain(length):
    made = x
    for count in range(length):
        made = made * 2 if count % 2 else made + y
    return made


def test_a_long_chain_is_abbreviated_and_its_end_stays_readable():
    text = str(chain(100_000))
    assert len(text) < 300
    assert text.startswith("(")
    assert "...*2 + y)*2" in text
    assert text.endswith("+ y)*2")


def test_a_square_squared_a_thousand_times_is_short():
    squared = x
    for _ in range(1000):
        squared = squared * squared
    assert len(str(squared)) < 300
    assert len(squared.to_latex()) < 2000
    assert len(repr(squared)) < 330


def test_a_named_step_is_written_once_so_its_graph_need_not_be_abbreviated():
    squared = x
    for count in range(300):
        squared = named(f"s{count}", squared * squared)
    assert "..." not in str(squared)
    assert squared is parse(str(squared))


def test_a_long_array_is_abbreviated_and_the_formula_is_not():
    e = sin(x) * (np.arange(10_000.0) % 100) + y
    assert "sin(x)*array([0.0, 1.0, 2.0, ...], shape=(10000,)) + y" == str(e)
    assert e is parse(e.to_text(limit=20_000))
    assert r"\sin\left(x\right) \cdot \mathrm{array}_{10000} + y" == e.to_latex()


def test_steps_of_one_program_are_written_as_formulas_of_their_own():
    step = named("s", x * y + [1.0, 2.0, 3.0])
    program = flatten([named("t", step * step + sin(step)) * sin(step) + step])
    for slot, node in enumerate(program.nodes()):
        for limit in (1, 3, 8, 20, 5_000):
            assert notation.text(program, slot, limit=limit) == notation.text(
                flatten([node]), limit=limit
            )
            assert latex(program, slot, limit=limit) == latex(flatten([node]), limit=limit)


def test_texts_of_many_steps_look_at_the_program_once(monkeypatch):
    counted = []
    count = notation.written_sizes

    def counting(program):
        counted.append(program)
        return count(program)

    monkeypatch.setattr(notation, "written_sizes", counting)
    chain = x
    for number in range(50):
        chain = sin(chain + number)
    program = flatten([chain])
    texts = [notation.text(program, slot, limit=9) for slot in range(len(program))]
    assert (texts[0], texts[3]) == ("x", "sin(x + 0)")
    assert "(sin(...) + 31) + 32)" in texts[-1]
    assert counted == [program]


def test_the_limit_can_be_moved():
    e = chain(40)
    assert "..." in e.to_text(limit=10)
    assert e is parse(e.to_text(limit=81))


LATEX = {
    "2*x": "2 x",
    "2*3*x": r"2 \cdot 3 x",
    "x*2": r"x \cdot 2",
    "c*(a + 2*b)": r"c \left(a + 2 b\right)",
    "m0*x0 + yint": r"m_{0} x_{0} + \mathrm{yint}",
    "width*height": r"\mathrm{width} \cdot \mathrm{height}",
    "2*width": r"2 \, \mathrm{width}",
    "`petal length (cm)`": r"\mathrm{petal\ length\ (cm)}",
    "`50%_a{b}`": r"\mathrm{50\%\_a\{b\}}",
    "theta_1*x_max": r"\theta_{1} x_{\mathrm{max}}",
    "x/2*y": r"\frac{x}{2} y",
    "2*(x/3)": r"2 \cdot \frac{x}{3}",
    "(x/2)**2": r"\left(\frac{x}{2}\right)^{2}",
    "-(x/2)": r"-\frac{x}{2}",
    "x**-y": "x^{-y}",
    "(-2)**x": r"\left(-2\right)^{x}",
    "x - -2": r"x - \left(-2\right)",
    "x*-y": r"x \left(-y\right)",
    "x + (-y)*2": r"x + \left(-y \cdot 2\right)",
    "--x": r"-\left(-x\right)",
    "sin(x)": r"\sin\left(x\right)",
    "sin(x)**2*cos(y)": r"\sin^{2}\left(x\right) \cos\left(y\right)",
    "sin(x)**-1": r"\sin\left(x\right)^{-1}",
    "exp(-x**2)": "e^{-x^{2}}",
    "exp(x)**2": r"\left(e^{x}\right)^{2}",
    "sqrt(x)": r"\sqrt{x}",
    "abs(-x)": r"\left|-x\right|",
    "relu(x)": r"\operatorname{relu}\left(x\right)",
    "x <= y": r"x \leq y",
    "1e-05*x": "10^{-5} x",
    "x*1.5e+300": r"x \left(1.5 \cdot 10^{300}\right)",
    "2*pi": r"2 \pi",
    "-inf": r"-\infty",
    "Fraction(-1, 3)": r"-\frac{1}{3}",
    "array([1, 2])*x": r"\left[1, 2\right] x",
    "x*(d := 2*y)*d": r"x \underbrace{2 y}_{d} d",
}


@pytest.mark.parametrize("text", LATEX)
def test_latex_is_what_a_textbook_prints(text):
    assert LATEX[text] == parse(text).to_latex()


def test_a_weighted_product_keeps_its_brackets_in_latex():
    e = weighted(x + y, x - 1)
    assert r"\left(x + y\right) \cdot \left(x - 1\right)" == e.to_latex()


def test_a_notebook_shows_the_formula():
    assert r"$\displaystyle \frac{x}{2}$" == (x / 2)._repr_latex_()


@given(expressions())
def test_every_latex_has_its_brackets_in_pairs(e):
    written = e.to_latex().replace(r"\\", "").replace(r"\{", "").replace(r"\}", "")
    assert written.count("{") == written.count("}")
    assert written.count(r"\left") == written.count(r"\right")
    assert written.isprintable()


def test_matplotlib_can_draw_the_formulas():
    """Its mathtext knows a part of LaTeX only; braces under steps and cases are beyond it."""
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for text in LATEX:
        if ":=" not in text:
            assert parser.parse(f"${parse(text).to_latex()}$").width > 0


def test_the_derivative_of_the_course_is_written_as_on_the_slide():
    g = parse("sin((x + y)*z)")
    assert "cos((x + y)*z)*z" == str(g.derivative("x"))
    assert r"\cos\left(\left(x + y\right) z\right) z" == g.derivative("x").to_latex()


def test_text_does_not_depend_on_how_numpy_prints():
    with np.printoptions(precision=2, suppress=True, legacy="1.13"):
        assert "x*array([0.1234567890123])" == str(x * [0.1234567890123])
        assert "float32(0.1)*e**x" == str(np.float32(0.1) * parse("e**x"))
    assert "exp(x)" == str(exp(x))


@pytest.mark.parametrize("shape", [(0,), (0, 0), (0, 3), (2, 0), (1, 0, 2)])
def test_an_empty_array_has_latex(shape):
    assert constant(np.zeros(shape)).to_latex().startswith(r"\left[")


def test_latex_says_what_differs_from_the_defaults():
    x = expression("x")
    assert (
        r"\max_{\mathrm{axis}=0}\left(x\right)",
        r"\operatorname{concatenate}_{\mathrm{axis}=1}\left(x, x\right)",
        r"\operatorname{diag}_{k=-1}\left(x\right)",
    ) == tuple(
        made.to_latex()
        for made in (
            chainrule.max(x, axis=0, keepdims=True),
            chainrule.concatenate([x, x], axis=1),
            chainrule.diag(x, k=-1),
        )
    )


def test_an_integer_of_many_digits_shows_itself():
    assert constant(10**5000) is eval(repr(constant(10**5000)))  # noqa: S307 - our own text
