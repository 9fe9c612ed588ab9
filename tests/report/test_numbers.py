"""Every number that a report prints is among the fields of its values, to the digits printed."""

import builtins
import dataclasses
import importlib
import numbers
import pkgutil
import re
from collections.abc import Iterable, Mapping
from string import Formatter

import numpy as np
import pytest

import chainrule
from chainrule import (
    LinearRegression,
    abs,
    check_gradient,
    check_operation,
    diagnose,
    elementwise,
    exp,
    expression,
    find_rate,
    gradient,
    learning_rate_report,
    mean,
    minimize,
    named,
    nan_story,
    parse,
    relu,
    sin,
    step_size_study,
    sum,
    sweep,
)
from chainrule.calculus.partials import Partials
from chainrule.errors import ChainRuleError
from chainrule.models import learning_rate_study
from chainrule.optimize.running.display import loss_picture
from chainrule.report import Cell, Document, Picture, Report, Section, Sentence

x, y, m, b = (expression(name) for name in "xymb")
COLUMNS = {"x": np.linspace(-1, 2, 7), "y": np.linspace(-2, 4.5, 7) ** 2}
LINE = mean((m * x + b - y) ** 2)
START = {"m": 0.25, "b": -1.5}


class doubled(elementwise):
    samples = ((0.3,), (1.7,))
    forward = staticmethod(lambda x: 2 * x)

    def partials(y, x):
        return (3,)


def summaries():
    """Summaries of fits that ended in their several ways."""
    ways = [{}, {"n_epochs": 20}, {"n_epochs": 50, "learning_rate": 2.5}]
    for way in ways:
        model = LinearRegression(**way, on_divergence="ignore")
        yield model.fit({"x": COLUMNS["x"]}, COLUMNS["y"]).summary()


def rates(loss, at, data=None, tried=(), **options):
    """A rate report, and what it says of some rates."""
    report = learning_rate_report(loss, at, data, **options)
    limit = report.stable_limit if np.isfinite(report.stable_limit) else 1.0
    told = [report.explain(part * limit) for part in (0.3, 0.7, 1.2)]
    return [report, *[Document([Section(lines=[line])]) for line in told]]


def checks(formula, at):
    """A check of a gradient, with the checks of each partial and step."""
    report = check_gradient(formula, at)
    return [report, *report.partials, *report.culprits, *report.kinks]


def of_an_operation():
    report = check_operation(doubled)
    return [report, *report.findings]


MANY = sum(expression("v") ** 2 * np.arange(1.0, 301.0))


def run_of(formula=LINE, start=None, data=COLUMNS, **settings):
    """How a run ended, and what it shows."""
    start = START if start is None else start
    trace = minimize(formula, start, data, **settings)
    return [trace, trace.outcome, *trace.outcome.symptoms]


def runs():
    """Runs of all ends, and with all symptoms."""
    gauges = 0.5 * expression("c") * x
    yield from run_of()
    yield from run_of(n_epochs=3, learning_rate=0.1)
    yield from run_of(n_epochs=40, learning_rate=0.9)
    yield from run_of(n_epochs=40, learning_rate=0.72)
    yield from run_of(n_epochs=40, learning_rate=1e-6)
    yield from run_of(n_epochs=40, learning_rate=0.1, early_stopping=2)
    yield from run_of(n_epochs=40, learning_rate=0.1, validation=COLUMNS)
    yield from run_of(bounds={"m": (None, 0.5)})
    yield from run_of(method="newton")
    yield from run_of(mean((m * x + gauges - y) ** 2), {"m": 0.25, "c": 0.0})
    yield from run_of((x - 2) ** 2, {"x": 1.0}, None, constraints=[x <= 1.5], method="slsqp")
    yield from run_of(exp(x) / 1e3, {"x": -30.0}, None, n_epochs=30, learning_rate=1e-3)
    for losses in ([1.0, 2.0, np.nan], [np.nan], [1.0, -np.inf], [4.0] * 20, [1.0, 2.0] * 20):
        yield from diagnose(losses)


REPORTS = {
    "runs": lambda: list(runs()),
    "the passes": lambda: [
        named("L", 3 * named("d", sin(x) + 2 * x) * y).explain({"x": 0.7, "y": -1.25}),
        (relu(x - 2) * exp(y / 3)).explain({"x": 2.5, "y": -4e-7}, "y"),
        LINE.explain(COLUMNS | START),
        sum(expression("X") @ expression("w")).explain({"X": np.eye(2), "w": [0.5, 1.5]}),
    ],
    "long passes": lambda: [
        builtins.sum([expression(f"v_{c}") * k for k, c in enumerate(words(60))]).explain(
            {f"v_{c}": 1.5 for c in words(60)}
        ),
        squared(x, 12).explain({"x": 1.0001}),
    ],
    "partials": lambda: [
        gradient(LINE, COLUMNS | START),
        gradient(x**2 * y, {"x": 1.5, "y": 2}),
        Partials({f"v_{c}": 0.5 for c in words(60)}),
    ],
    "rates on a bowl": lambda: rates(LINE, START, COLUMNS),
    "rates of one": lambda: rates(x**2, {"x": 8.5}),
    "rates of a quartic": lambda: rates(x**4 + y**2, {"x": 0.9, "y": 0.3}),
    "rates on a saddle": lambda: rates(x**2 - 3 * y**2, {"x": 1.5, "y": 0.5}),
    "rates on a floor": lambda: rates((x - y) ** 2, {"x": 1.5, "y": 0.5}),
    "rates on a plane": lambda: rates(3 * x, {"x": 1.5}),
    "rates at rest": lambda: rates(x**2 + y**2, {"x": 0.0, "y": 0.0}),
    "rates of many": lambda: rates(MANY, {"v": np.full(300, 0.5)}, most_exact=10),
    "rates at several": lambda: rates(
        builtins.sum([expression(f"v_{c}") ** 2 for c in words(9)]),
        {f"v_{c}": 0.25 for c in words(9)},
    ),
    "experiments": lambda: [
        sweep(LINE, START, COLUMNS, rates=[0.02, 0.1, 1.5], epochs=[10, 1_500]),
        find_rate(LINE, START, COLUMNS),
    ],
    "studies": lambda: [
        learning_rate_study(LinearRegression(30), COLUMNS["x"][:, None], COLUMNS["y"], [0.1, 0.9]),
        learning_rate_study(
            LinearRegression(30, method="adam"), COLUMNS["x"][:, None], COLUMNS["y"], [0.1]
        ),
    ],
    "differences": lambda: [
        step_size_study(sin(x), {"x": 1.25}),
        step_size_study(3 * x, {"x": 2.5}),
        step_size_study(abs(x) * x, {"x": 2.5}),
    ],
    "checks that agree": lambda: checks(LINE, COLUMNS | START),
    "checks that differ": lambda: checks(exp(doubled(x)) * y, {"x": 0.3, "y": 1.1}),
    "checks at a kink": lambda: checks(abs(x) + relu(y - 3), {"x": 0.0, "y": 3.0}),
    "checks that cannot tell": lambda: [
        *checks(1 / x, {"x": 0.0}),
        *checks(x**2, {"x": 1e-300}),
        *checks(exp(x), {"x": 710.5}),
        *checks(chainrule.floor(x) + x, {"x": 1e17}),
    ],
    "checks of many": lambda: checks(mean(expression("v") ** 2), {"v": np.linspace(0, 1, 100)}),
    "checks of an operation": of_an_operation,
    "where it stopped being finite": lambda: [
        nan_story(chainrule.log(x) * y, {"x": [1.5, 2.5, -0.75], "y": 2.25}),
        nan_story(chainrule.sqrt(x), {"x": 0.0}),
        nan_story(x * 1e200 * 1e200, {"x": 1e-300}),
        nan_story(x, {"x": 1.5}),
        nan_story(1 / x, {"x": 0.0}).forward,
    ],
    "a fit": lambda: [*summaries(), Document([Section(picture=loss_picture([4.5, 0.25]))])],
}
# What a sentence says of every report alike is no number of this one.
CONSTANTS = ("2 divided by the largest curvature",)
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)")


def words(count):
    """So many names without a digit in them."""
    return [f"{'abcdefgh'[k // 8]}{'abcdefgh'[k % 8]}" for k in range(count)]


def squared(found, times):
    """A formula with 2**times paths to its variable."""
    for _ in range(times):
        found = found * found
    return found


def leaves(part):
    """The texts of a part in which no value is filled in: templates' own words, names, formulas."""
    if isinstance(part, Sentence):
        for literal, name, _, _ in Formatter().parse(part.template):
            yield literal
            if isinstance(part.fields.get(name), str):
                yield from leaves(part.fields[name])
    elif isinstance(part, str):
        yield part
    elif isinstance(part, Cell):
        yield from leaves(part.text)
    elif isinstance(part, Picture):
        yield from leaves(part.words)
    elif isinstance(part, Document):
        for section in part.sections:
            yield from leaves(section.title)
            yield from leaves(section.note)
            for item in (*section.head, *section.listed, section.picture):
                yield from leaves(item)
            for row in section.cells:
                for cell in row:
                    yield from leaves(cell)


def numbers_in(value, depth=0):
    """The numbers among the fields of a value, and of the values in these."""
    if isinstance(value, Sentence):
        yield from numbers_in(value.fields, depth)
    elif isinstance(value, str) or depth > 40:
        return
    elif isinstance(value, numbers.Number | np.generic):
        yield float(value)
    elif isinstance(value, np.ndarray):
        yield from map(float, (*value.ravel(), *value.shape, value.size))
    elif isinstance(value, Mapping):
        yield from numbers_in(list(value.values()), depth + 1)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.repr or isinstance(value, Cell | Section | Picture | Document):
                yield from numbers_in(getattr(value, field.name), depth + 1)
    elif isinstance(value, Iterable):
        for item in value:
            yield from numbers_in(item, depth + 1)


def is_formula(text):
    """Whether a text is a name, or a formula of variables or steps."""
    try:
        return bool(parse(text).variables)
    except ChainRuleError:
        return False


def is_among(printed, known):
    """Whether a number is one of those known, to the digits printed."""
    value = float(printed.replace(",", ""))
    mantissa, _, power = printed.replace(",", "").partition("e")
    last = 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))
    return any(np.abs(value - found) <= 0.50001 * last for found in known)


def bare(text):
    for constant in CONSTANTS:
        text = text.replace(constant, "")
    return text


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_printed_is_a_field(name):
    for report in REPORTS[name]():
        document = report.document()
        known = {*numbers_in(report), *numbers_in(document)}
        formulas = set()
        for leaf in map(bare, leaves(document)):
            if is_formula(leaf):
                formulas |= set(NUMBER.findall(leaf))
            else:
                wrong = [n for n in NUMBER.findall(leaf) if not is_among(n, known)]
                assert wrong == [], leaf
        printed = set(NUMBER.findall(bare(str(report)))) - formulas
        assert [n for n in printed if not is_among(n, known)] == [], str(report)


def kinds_of(kind):
    for child in kind.__subclasses__():
        yield child
        yield from kinds_of(child)


def test_every_kind_of_report_is_looked_at():
    for module in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    looked_at = {type(report).__name__ for make in REPORTS.values() for report in make()}
    # By name: a class made anew with slots leaves the one without behind.
    ours = {kind.__name__ for kind in kinds_of(Report) if kind.__module__.startswith("chainrule.")}
    assert ours - looked_at == {"Remark"}
