"""Small calls: the value and every partial of a formula at one point.

A dict of floats goes in; the value and a dict of partials come out. Two are let off: JAX and
PyTorch may hand back scalars of their own, and SymPy a bare list. "Warm" is a formula used before;
"from nothing" is one written down, differentiated once and dropped again. "By hand" is a Python
function with the derivatives written out by a person; "recursive classes" are those of a first
course, each operation calling itself on its operands, once a variable. micrograd has no sine,
logarithm or exponential, so it is measured on c·(a + 2b), where all it needs is there.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable

import chainrule
from benchmarks import recursive
from benchmarks.harness import (
    OURS,
    Effort,
    Section,
    Spread,
    Target,
    agree,
    ratio_table,
    side_by_side,
)

PEERS = ("micrograd", "jax", "torch", "autograd", "sympy")
RECURSIVE = "recursive classes"
BY_HAND = "by hand"


@dataclasses.dataclass(frozen=True)
class Formula:
    """One formula for all: `written(words, **variables)` finds its functions in `words`."""

    text: str
    values: dict
    written: Callable
    by_hand: Callable
    microseconds: float | None = None


def product_by_hand(values):
    a, b, c = values["a"], values["b"], values["c"]
    total = a + 2 * b
    return c * total, {"a": c, "b": 2 * c, "c": total}


def wave_by_hand(values):
    x, y, z = values["x"], values["y"], values["z"]
    total = x + y
    slope = math.cos(total * z)
    return math.sin(total * z), {"x": slope * z, "y": slope * z, "z": slope * total}


def mixture_by_hand(values):
    x, y = values["x"], values["y"]
    sine, decay = math.sin(x * y), math.exp(-x)
    slope, log, tanh = math.cos(x * y) * decay, math.log(x), math.tanh(y)
    return sine * decay + log * tanh, {
        "x": slope * y - sine * decay + tanh / x,
        "y": slope * x + log * (1 - tanh * tanh),
    }


FORMULAS = {
    "L": Formula(
        "c*(a + 2*b)",
        {"a": 2.0, "b": -3.5, "c": 1.25},
        lambda _, a, b, c: c * (a + 2 * b),
        product_by_hand,
    ),
    "g": Formula(
        "sin((x + y)*z)",
        {"x": 0.7, "y": -1.3, "z": 2.1},
        lambda words, x, y, z: words.sin((x + y) * z),
        wave_by_hand,
        5.0,
    ),
    "h": Formula(
        "sin(x*y)*exp(-x) + log(x)*tanh(y)",
        {"x": 0.7, "y": 1.3},
        lambda words, x, y: words.sin(x * y) * words.exp(-x) + words.log(x) * words.tanh(y),
        mixture_by_hand,
        10.0,
    ),
}
COLD_MICROSECONDS = 150.0
# Enough for chainrule to have generated its code, and for the others' caches.
USED_BEFORE = 50


def ours(formula):
    names = {name: chainrule.expression(name) for name in formula.values}
    made = formula.written(chainrule, **names)
    return made.value_and_diff


def recursive_classes(formula):
    names = {name: recursive.Expression(name) for name in formula.values}
    made = formula.written(recursive, **names)
    return lambda values: (
        made.eval(values),
        {name: made.diff(values, name) for name in values},
    )


def micrograd(formula):
    from micrograd.engine import Value

    def call(values):
        leaves = {name: Value(value) for name, value in values.items()}
        out = formula.written(None, **leaves)
        out.backward()
        return out.data, {name: leaf.grad for name, leaf in leaves.items()}

    return call


def jax(formula):
    import jax as library

    library.config.update("jax_enable_x64", val=True)
    made = library.jit(
        library.value_and_grad(lambda values: formula.written(library.numpy, **values))
    )
    return lambda values: library.block_until_ready(made(values))


def torch(formula):
    import torch as library

    def call(values):
        leaves = [
            library.tensor(value, dtype=library.float64, requires_grad=True)
            for value in values.values()
        ]
        out = formula.written(library, *leaves)
        return out.detach(), dict(zip(values, library.autograd.grad(out, leaves), strict=True))

    return call


def autograd(formula):
    import autograd as library
    import autograd.numpy as words

    made = library.value_and_grad(
        lambda numbers: formula.written(words, *numbers),
    )

    def call(values):
        value, partials = made(tuple(values.values()))
        return value, dict(zip(values, partials, strict=True))

    return call


def sympy(formula):
    import sympy as library

    names = library.symbols(" ".join(formula.values))
    value = formula.written(library, *names)
    compute = library.lambdify(
        names, [value, *(value.diff(name) for name in names)], modules="math", cse=True
    )

    return lambda values: compute(**values)


def read(values, found):
    """Return what a call gave as a value and partials by name."""
    if isinstance(found, list):
        value, *partials = found
        return value, dict(zip(values, partials, strict=True))
    return found


MAKERS = {"jax": jax, "torch": torch, "autograd": autograd, "sympy": sympy}
TITLES = {"jax": "JAX, jit", "torch": "PyTorch", "sympy": "SymPy, lambdified"}


def contestants(formula, effort):
    """Return by name what makes a `call(values)` for the formula."""
    found = {OURS: ours, BY_HAND: lambda formula: formula.by_hand, RECURSIVE: recursive_classes}
    if formula is FORMULAS["L"] and effort.has("micrograd"):
        found["micrograd"] = micrograd
    return found | {
        TITLES.get(name, name): maker for name, maker in MAKERS.items() if effort.has(name)
    }


def warm(name, formula, effort):
    """Race formulas that have been used before."""
    calls = {name: maker(formula) for name, maker in contestants(formula, effort).items()}
    values = formula.values
    for call in calls.values():
        for _ in range(USED_BEFORE):
            call(values)
    agree({name: read(values, call(values)) for name, call in calls.items()})
    found = side_by_side(
        {name: (lambda call=call: call(values)) for name, call in calls.items()}, effort
    )
    title = f"Value and all partials, warm: {name} = `{formula.text}`"
    return ratio_table(title, found), Spread.of(found[OURS]).median


def value_alone(name, formula, effort):
    """Race evaluation without derivatives, of those that have a formula to evaluate."""
    values = formula.values
    made = formula.written(chainrule, **{n: chainrule.expression(n) for n in values})
    classes = formula.written(recursive, **{n: recursive.Expression(n) for n in values})
    for _ in range(USED_BEFORE):
        made.eval(values)
    calls = {OURS: lambda: made.eval(values), RECURSIVE: lambda: classes.eval(values)}
    if effort.has("sympy"):
        import sympy as library

        names = library.symbols(" ".join(values))
        compute = library.lambdify(names, formula.written(library, *names), modules="math")
        calls["SymPy, lambdified"] = lambda: compute(**values)
    agree({name: (call(), {}) for name, call in calls.items()})
    return ratio_table(f"Value alone, warm: {name} = `{formula.text}`", side_by_side(calls, effort))


def cold(name, formula, effort):
    """Race from nothing to the first gradient; every call has variables of its own.

    A formula that is still alive somewhere would be found again, and would not be cold.
    """
    makers = contestants(formula, effort)
    del makers[BY_HAND]
    number = itertools.count()

    def fresh(maker):
        suffix = next(number)
        values = {f"{name}{suffix}": value for name, value in formula.values.items()}
        renamed = dataclasses.replace(
            formula,
            values=values,
            written=lambda words, *leaves, **named: formula.written(
                words, *leaves, *named.values()
            ),
        )
        return maker(renamed)(values)

    def answer(maker):
        value, partials = read(formula.values, fresh(maker))
        return value, dict(zip(formula.values, partials.values(), strict=True))

    agree({name: answer(maker) for name, maker in makers.items()})
    found = side_by_side(
        {name: (lambda maker=maker: fresh(maker)) for name, maker in makers.items()}, effort
    )
    title = f"From nothing to the first gradient: {name} = `{formula.text}`"
    return ratio_table(title, found), Spread.of(found[OURS]).median


def run(**options):
    effort = Effort(**options)
    tables, targets = [], []
    # Cold comes first, while no formula is alive yet.
    for name in ("g", "h"):
        table, seconds = cold(name, FORMULAS[name], effort)
        tables.append(table)
        what = f"{name}, from nothing to the first gradient"
        targets.append(Target(what, COLD_MICROSECONDS, seconds * 1e6, "µs"))
    warm_tables = []
    for name, formula in FORMULAS.items():
        table, seconds = warm(name, formula, effort)
        warm_tables.append(table)
        if formula.microseconds is not None:
            what = f"{name}, value and all partials, warm"
            targets.append(Target(what, formula.microseconds, seconds * 1e6, "µs"))
    values = [value_alone(name, FORMULAS[name], effort) for name in ("g", "h")]
    return Section([*warm_tables, *values, *tables], targets, PEERS)
