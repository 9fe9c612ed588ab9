"""What the page of gradient descent computes, in Node: formulas, steps and words as Python's."""

import json
import re
import subprocess

import numpy as np
import pytest
from tests.node import NODE, needs_node, numbers
from tests.random_formulas import random_formula

from chainrule import hessian, parse
from chainrule.draw.playground.document import mathematics
from chainrule.draw.playground.operations import known_operations
from chainrule.draw.playground.scene import choices
from chainrule.engine.compiled import compiled_of
from chainrule.engine.protocol import Role
from chainrule.engine.targets.javascript import literal
from chainrule.errors import NotANumber, ParseError
from chainrule.optimize.curvature.stability import learning_rate_report
from chainrule.optimize.methods import METHODS, gradient_descent, nadam, rmsprop
from chainrule.optimize.running.symptoms import diagnose, seen_from

pytestmark = needs_node
FORMULAS = 200
TOLERANCE = 1e-12
N_STEPS = 100
# JSON has no infinities and no NaN.
ASK = """
const plain = (_, v) => typeof v === "number" && !Number.isFinite(v) ? String(v) : v;
console.log(JSON.stringify(asked.map(ask), plain));
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return a function that asks the mathematics of the page for an answer to each question."""
    folder = tmp_path_factory.mktemp("playground")
    script = f'"use strict";\n{mathematics()}'

    def answers(ask, asked):
        file = folder / "ask.js"
        file.write_text(f"{script}\nconst ask = {ask};\nconst asked = {literal(asked)};\n{ASK}")
        done = subprocess.run([NODE, file], capture_output=True, text=True, check=False, timeout=60)
        assert not done.stderr
        return json.loads(done.stdout)

    return answers


def page_knows(formula):
    program = compiled_of(formula).program
    used = {kind for kind in program.operations if kind.role is Role.OPERATION}
    return used <= set(known_operations().values())


def formulas():
    """So many random formulas of the operations that the page has, with values."""
    found, seed = [], 0
    while len(found) < FORMULAS:
        formula, values = random_formula(seed)
        seed += 1
        if page_knows(formula):
            found.append((formula, values))
    return found


def near(wanted):
    return pytest.approx(wanted, rel=TOLERANCE, abs=TOLERANCE, nan_ok=True)


def test_random_formulas_are_read_and_differentiated_as_in_python(page):
    cases = formulas()
    asked = [[e.to_text(limit=10_000), [values[n] for n in sorted(values)]] for e, values in cases]
    ask = """([text, point]) => {
      const tape = new Reader(text).read();
      const { value, gradient } = tape.gradient(point);
      return [value, ...gradient, ...tape.hessian(point).flat()];
    }"""
    for (formula, values), found in zip(cases, page(ask, asked), strict=True):
        names = sorted(values)
        slopes = formula.diff(values)
        wanted = [formula.eval(values), *(slopes.get(name, 0.0) for name in names)]
        count = len(wanted)
        assert near([float(item) for item in wanted]) == numbers(found)[:count], str(formula)
        rows = hessian(formula, values)
        bent = [rows.get(row, {}).get(name, 0.0) for row in names for name in names]
        scale = max(1.0, *map(abs, bent))
        # Second derivatives are written otherwise than swept, so they round otherwise.
        assert pytest.approx(bent, rel=1e-8, abs=1e-8 * scale) == numbers(found)[count:]


def test_every_landscape_is_read_as_in_python(page):
    listed = choices()
    assert len(listed) > 30
    asked = [
        [item["formula"], [0.37 * sum(side) + 0.11 for side in item["box"]]] for item in listed
    ]
    ask = "([text, point]) => Object.values(parse(text).gradient(point)).flat()"
    for (text, point), found in zip(asked, page(ask, asked), strict=True):
        formula = parse(text)
        values = dict(zip(sorted(formula.variables), point, strict=True))
        wanted = [formula.eval(values), *(formula.diff(values, name) for name in values)]
        assert near(wanted) == found


KINKS = [
    ("abs(x)*y", 0.0, 1.0),
    ("maximum(x, y)", 1.0, 1.0),
    ("where(x > 0, sqrt(x), x*y)", 0.0, 2.0),
    ("where(x > 0, log(x), y)", -1.0, 2.0),
    ("weighted(-0.2, sqrt(x**2 + y**2))", 0.0, 0.0),
    ("x**0 + y**2", 0.0, -1.5),
    ("clip(x, -1, 1)*y", -1.0, 2.0),
    ("sqrt(x)*y", 0.0, 0.0),
    ("x % y", 2.0, 3.0),
]


def test_kinks_are_decided_as_in_python(page):
    ask = "([text, ...point]) => parse(text).gradient(point).gradient"
    for (text, x, y), found in zip(KINKS, page(ask, KINKS), strict=True):
        slopes = parse(text).diff({"x": x, "y": y})
        assert near([float(slopes[name]) for name in "xy"]) == numbers(found), text


WRITTEN = [
    *("-2**2 + x", "2**-x**2", "-x**-2", "x*-y*2", "1 - 2 - x", "2/x/y", "+x", "--x", "~(x > 1)"),
    *("x < y | y", "x + y < 2*y & x", "0x1f*x + 0b11", "1_000.5e-1*x", ".5*x + 1.", "x // 2 % y"),
    *("(d := 2*y)*x + d", "leaky_relu(x, slope=0.5)", "elu(alpha=2, x=x)", "elu(x,)", "pi*x + inf"),
    *("hypot(x, y)", "`a b`*2", r"`a\`b`*x", "α + x", "where(x > y, x, y)", "x*True", "(((x)))"),
]


def test_every_way_to_write_a_formula_is_read(page):
    ask = "(text) => { const t = parse(text); return [t.names, t.value([1.25, -0.75])]; }"
    for text, (names, value) in zip(WRITTEN, page(ask, WRITTEN), strict=True):
        formula = parse(text)
        assert sorted(formula.variables) == names
        wanted = formula.eval(dict(zip(names, [1.25, -0.75], strict=False)))
        assert near(float(wanted)) == float(value), text


WRONG = [
    *("1 + 2x", "x +", "(x", "x)", "x y", "x^2", "x == y", "sin x", "sin()", "sin(x, y)", "sine(x"),
    *("lg(x)", "ln(x)", "f(x)", "2(x)", "x(", "x, y", "x = 2", "1 < x < 3", "|x|"),
    *("x!", "x.real", "'x'", "()", "(x := 2)*x + (x := 3)", "d*(d := x)", "0x", "012*x"),
    *("x and y", "lambda", "None + x", "x ** ", "* x", "x $ y", "`x", "``", "x − y"),
    *("π*x", "х + 1", "sinn(x)"),
    *("elu(x, slope=2)", "elu(x, x=2)", "elu(alpha=1)", "log(x, 2)", "(x]", "x && y", "∞*x", ""),
    *("where(x > 0, x", "x + (y * (2 - 1)", "atan2(x)", "é½", "🎈 + x", "a🎈b", "2 * 'x'"),
    *("x; y", "x?"),
]  # fmt: skip


def test_wrong_formulas_are_refused_at_the_column_and_in_the_words_of_python(page):
    ask = """(text) => {
      try { parse(text); } catch (e) { return [e.column ?? null, e.message]; }
      return [null, "accepted"];
    }"""
    for text, (column, words) in zip(WRONG, page(ask, WRONG), strict=True):
        with pytest.raises(ParseError) as caught:
            parse(text)
        assert caught.value.column == column, (text, words, str(caught.value))
        ours = str(caught.value).split(" (column")[0]
        if " (" not in ours or "U+" not in words:  # names of characters are not in a browser
            assert ours.rstrip(".") == words.split(" (column")[0].rstrip("."), text


def test_what_the_page_does_not_have_is_refused_where_it_stands(page):
    asked = [
        "x*y*z + 1",
        "2 + 3",
        "x + sum(y)",
        "x @ y",
        "x[0]",
        "2j*x",
        "[1, 2]",
        f"x{' ' * 5000}",
        "2*max(x, y)",
    ]
    ask = "(text) => { try { return parse(text); } catch (e) { return [e.column, e.message]; } }"
    columns, words = zip(*page(ask, asked), strict=True)
    assert (5, 1, 5, 3, 2, 1, 1, 5001, 3) == columns
    assert words[0].startswith("'z' is a third variable beside 'x' and 'y'")
    assert "no variable" in words[1]
    assert "'sum' works on columns" in words[2]
    assert words[-1].split(" (")[0].endswith("which this page does not have. Write maximum")


MADE = [
    *((name, make()) for name, make in METHODS.items()),
    ("gradient descent", gradient_descent(momentum=0.9, dampening=0.5, weight_decay=0.1)),
    ("rmsprop", rmsprop(centered=True, momentum=0.9, weight_decay=0.1)),
    ("nadam", nadam(weight_decay=0.1, decoupled_weight_decay=True)),
    ("adam", METHODS["adam"](weight_decay=0.1, eps=0.0)),
    ("adagrad", METHODS["adagrad"](lr_decay=0.1, initial_accumulator_value=0.5)),
]
VALLEY, FROM = "(1 - x)**2 + 5*(y - x**2)**2", (-0.4, 1.3)


@pytest.mark.parametrize("rate", [0.01])
def test_every_method_takes_the_steps_of_python(page, rate):
    asked = [[name, dict(method.options)] for name, method in MADE]
    ask = f"""([name, options]) =>
      descend(parse({literal(VALLEY)}), name, {literal(FROM)}, {rate}, {N_STEPS}, options).points"""
    loss = parse(VALLEY)
    for (_, method), found in zip(MADE, page(ask, asked), strict=True):
        point = np.array(FROM)
        state, rows = method.init(point), [point]
        for _ in range(N_STEPS):
            slopes = loss.diff({"x": point[0], "y": point[1]})
            step, state = method.update(np.array([slopes["x"], slopes["y"]]), state, point, rate)
            point = point + step
            rows.append(point)
        assert near(np.array(rows)) == np.array(found), repr(method)


POINTS = [
    ("x**2 + 2*y**2", (3.0, 1.0), 0.1),
    ("x**2 + 2*y**2", (3.0, 1.0), 0.4),
    ("x**2 + 2*y**2", (3.0, 1.0), 0.7),
    ("(x + y)**2 + 0.5*(x - y + 1)**2", (0.3, 1.5), 0.1),
    ("x**2 + 1000*y**2", (3.0, 1.0), 0.001),
    ("(x - y)**2", (1.0, 0.25), 0.3),
    ("3*x - y", (1.0, 0.25), 0.3),
    ("x**2 - y**2", (1.0, 0.25), 0.3),
    ("100*(y - x**2)**2 + (1 - x)**2", (-1.5, 2.0), 0.01),
    ("sin(x)*y", (1.0, 2.0), 0.5),
    ("x**4 + y**4", (0.01, 0.01), 0.5),
    ("(x - 2)**2", (5.0,), 1.1),
    ("x**2 + y**2", (0.0, 0.0), 0.1),
]


def plain(words):
    """The page writes a minus and infinity as signs, and exponents as short as can be."""
    for sign, ours in (("−", "-"), ("∞", "inf"), ("NaN", "nan")):
        words = words.replace(sign, ours)
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", words)


def test_the_learning_rate_is_explained_in_the_words_of_python(page):
    ask = """([text, point, rate]) => {
      const report = reportOf(parse(text), point);
      return [...sentences(report), toldRate(report, rate)];
    }"""
    for (text, point, rate), found in zip(POINTS, page(ask, POINTS), strict=True):
        formula = parse(text)
        report = learning_rate_report(
            formula, dict(zip(sorted(formula.variables), point, strict=True))
        )
        proven = "The loss is quadratic: its curvature is the same everywhere."
        looks = "The loss looks quadratic: its curvature is the same at two points."
        wanted = [*str(report).replace(proven, looks).split("\n"), report.explain(rate)]
        assert [plain(line) for line in wanted] == [plain(line) for line in found]


RUNS = [
    ("x**2 + 5*y**2", (3.0, 1.0), 0.3, 30),
    ("x**2 + 5*y**2", (3.0, 1.0), 0.19, 30),
    ("x**2 + 5*y**2", (3.0, 1.0), 0.1, 100),
    ("x**2 + 5*y**2", (3.0, 1.0), 0.00001, 30),
    ("x**2 + 5*y**2", (3.0, 1.0), 0.1, 400),
    ("x**2 + 0.0001*y**2", (3.0, 1.0), 0.9, 60),
    ("x**4 + y**2", (3.0, 1.0), 0.1, 30),
    ("abs(x) + y**2", (0.05, 0.0), 0.1, 60),
    ("floor(x) + 0*y", (0.5, 0.0), 0.1, 60),
    ("3*x - y", (0.5, 0.0), 0.1, 60),
    ("x**4 - 3*x**2 + x + y**2", (0.1, 0.0), 0.16, 80),
    ("x**4 - 3*x**2 + x + y**2", (0.1, 0.0), 0.1, 80),
    ("x**2 + 100*y**2", (1.0, 1.0), 0.0099, 40),
    ("exp(x)*y", (-1.5, 3.5), 2.7, 60),
    ("log(x) + y**2", (-1.5, 3.5), 0.1, 10),
    ("hypot(x, y)", (-1.5, 3.5), 1.8, 60),
]


def reported(formula, at, here):
    """The report at a point, if there is one."""
    try:
        return learning_rate_report(formula, dict(zip(at, here.tolist(), strict=True)))
    except NotANumber:
        return None


def test_what_a_run_shows_is_said_in_the_words_of_python(page):
    ask = """([text, start, rate, epochs]) => {
      const tape = parse(text);
      const run = descend(tape, "gradient descent", start, rate, epochs);
      const about = { ...run, names: tape.names };
      const first = diagnose(about)[0];
      const seen = first ? seenFrom(first, run.points) : start;
      const report = reportOf(tape, seen);
      const told = diagnose({ ...about, report: report.finite ? report : null });
      const words = told.map((one) => [one.kind, one.message]);
      return [run.losses, run.norms, run.points, seen, words];
    }"""
    kinds = set()
    for (text, start, rate, _), found in zip(RUNS, page(ask, RUNS), strict=True):
        losses, norms, points, seen, told = found
        formula = parse(text)
        at = dict(zip(sorted(formula.variables), start, strict=True))
        path = np.array(numbers(points))
        options = {"rate": rate, "parameters": path, "names": list(at)}
        losses, norms = numbers(losses), numbers(norms)
        with np.errstate(all="ignore"):
            first = diagnose(losses, norms, **options)
            here = seen_from(first[0], path) if first else np.array(start)
            assert here.tolist() == numbers(seen)
            wanted = diagnose(losses, norms, report=reported(formula, at, here), **options)
        kinds |= {symptom.kind for symptom in wanted}
        ours = [
            (one.kind, plain(one.message).replace(", or rows are too few at a time", "").replace(
                ", columns of one scale, or momentum", ", or momentum"
            ).replace("bring the columns to one scale, or use", "use"))
            for one in wanted
        ]  # fmt: skip
        assert ours == [(kind, plain(message)) for kind, message in told], text
    assert {"divergence", "oscillation", "plateau", "rest", "slowness"} == kinds


def test_derivatives_that_are_not_finite_are_told(page):
    ask = "([text, point]) => sentences(reportOf(parse(text), point)).at(-1)"
    (found,) = page(ask, [["sqrt(x)*y", [0.0, 0.0]]])
    assert "no curvature to speak of" in found
