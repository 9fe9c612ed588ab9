"""Interpreter: what a gradient costs, in evaluations of the same formula.

The value and all partials together, over the value alone. Reverse mode promises a small bound
whatever the number of variables. On numbers the interpreter is asked directly, since code is
generated for a formula that is used often. On columns the peers are raced: value and partials of
every row, columns in and columns out; JAX compiles and fuses beforehand, the others do not. JAX
and PyTorch use all cores, where it is not said otherwise; chainrule's interpreter and autograd use
one.
"""

from __future__ import annotations

import numpy as np

import chainrule
from benchmarks.harness import (
    OURS,
    Effort,
    Section,
    Spread,
    Table,
    Target,
    agree,
    ratios,
    side_by_side,
    told,
    told_seconds,
)
from benchmarks.small_calls import FORMULAS, Formula
from chainrule.engine.compiled import compiled_of
from chainrule.language import compute

PEERS = ("autograd", "torch", "jax")
MOST_EVALUATIONS = 5.0
ROWS = (1_000, 10_000, 100_000, 1_000_000)
QUICK_ROWS = (100,)
# Derivatives of 32 variables at once, to show that their number is of no account.
MANY = 32


def many(words, **variables):
    """Sum of tanh(v)*next, around a ring: every variable occurs twice."""
    found = list(variables.values())
    total = 0.0
    for one, following in zip(found, found[1:] + found[:1], strict=True):
        total = words.tanh(one) * following + total
    return total


LOSS = Formula(
    "mean((y - (m*x + b))**2)",
    {"x": 0.7, "y": 1.3, "m": 0.9, "b": -0.4},
    lambda words, x, y, m, b: words.mean((y - (m * x + b)) ** 2),
    None,
)
# What stays a number when the other variables of a formula become columns.
NUMBERS = ("m", "b")


def formulas():
    ring = {f"v{number}": 0.1 + number / MANY for number in range(MANY)}
    return {
        "g": FORMULAS["g"],
        "h": FORMULAS["h"],
        f"{MANY} variables": Formula(
            "tanh(v0)*v1 + tanh(v1)*v2 + ... + tanh(v31)*v0", ring, many, None
        ),
    }


def written_by(formula):
    names = {name: chainrule.expression(name) for name in formula.values}
    return formula.written(chainrule, **names)


def on_numbers(effort):
    """Tabulate what a gradient costs on numbers, before code is generated."""
    rows, worst = [], 0.0
    for name, formula in formulas().items():
        plan = compiled_of(written_by(formula))
        values = formula.values
        found = side_by_side(
            {
                OURS: lambda plan=plan, values=values: compute.value(plan, values, "ignore"),
                "gradient": lambda plan=plan, values=values: compute.value_and_gradient(
                    plan, values
                ),
            },
            effort,
        )
        over = ratios(found)["gradient"]
        worst = max(worst, over.median)
        rows.append([f"{name} = `{formula.text}`", *map(seconds, found.values()), told(over)])
    columns = ["", "value", "value and all partials", "evaluations"]
    return Table("On numbers, interpreted", columns, rows), worst


def seconds(samples):
    return told_seconds(Spread.of(samples))


def columns_for(formula, rows):
    """Draw a column for every variable, between 0.5 and 1.5, where all formulas are smooth."""
    random = np.random.default_rng(20)
    return {
        name: np.float64(at) if name in NUMBERS else random.uniform(0.5, 1.5, rows)
        for name, at in formula.values.items()
    }


def chainrule_calls(formula, columns):
    made = written_by(formula)
    return (lambda: made.eval(columns)), (lambda: made.value_and_diff(columns))


def autograd_calls(formula, columns):
    import autograd.numpy as words
    from autograd.core import make_vjp

    def compute_value(numbers):
        return formula.written(words, **dict(zip(columns, numbers, strict=True)))

    given = tuple(columns.values())
    ones = np.ones_like(compute_value(given))

    def both():
        back, value = make_vjp(compute_value, given)
        return value, dict(zip(columns, back(ones), strict=True))

    return (lambda: compute_value(given)), both


def torch_calls(formula, columns, threads=None):
    import torch

    threads = threads or torch.get_num_threads()
    plain = {name: torch.as_tensor(column) for name, column in columns.items()}
    ones = torch.ones_like(formula.written(torch, **plain))

    def value():
        torch.set_num_threads(threads)  # less than a microsecond
        with torch.no_grad():
            return formula.written(torch, **plain)

    def both():
        torch.set_num_threads(threads)
        leaves = {name: column.detach().requires_grad_() for name, column in plain.items()}
        out = formula.written(torch, **leaves)
        partials = torch.autograd.grad(out, list(leaves.values()), ones)
        return out.detach(), dict(zip(leaves, partials, strict=True))

    return value, both


def torch_calls_on_one_thread(formula, columns):
    return torch_calls(formula, columns, threads=1)


def jax_calls(formula, columns):
    import jax

    jax.config.update("jax_enable_x64", val=True)
    plain = {name: jax.numpy.asarray(column) for name, column in columns.items()}

    def compute_value(given):
        return formula.written(jax.numpy, **given)

    def compute_both(given):
        value, back = jax.vjp(compute_value, given)
        return value, back(jax.numpy.ones_like(value))[0]

    value, both = jax.jit(compute_value), jax.jit(compute_both)
    return (
        lambda: jax.block_until_ready(value(plain)),
        lambda: jax.block_until_ready(both(plain)),
    )


# Title -> the library it takes, and what makes its calls.
MAKERS = {
    "autograd": ("autograd", autograd_calls),
    "PyTorch": ("torch", torch_calls),
    "PyTorch, 1 thread": ("torch", torch_calls_on_one_thread),
    "JAX, jit": ("jax", jax_calls),
}


def on_columns(name, formula, effort):
    """Tabulate values and gradients over columns of growing length."""
    rows, worst = [], 0.0
    for length in QUICK_ROWS if effort.quick else ROWS:
        columns = columns_for(formula, length)
        made = {OURS: chainrule_calls(formula, columns)} | {
            title: maker(formula, columns)
            for title, (peer, maker) in MAKERS.items()
            if effort.has(peer)
        }
        agree({who: both() for who, (_, both) in made.items()})
        agree({who: (value(), {}) for who, (value, _) in made.items()})
        calls = {(who, n): call for who, pair in made.items() for n, call in enumerate(pair)}
        found = side_by_side(calls, effort)
        over = ratios(found, (OURS, 1))
        for who in made:
            cost = Spread.of(
                [both / one for one, both in zip(found[who, 0], found[who, 1], strict=True)]
            )
            worst = max(worst, cost.median) if who == OURS else worst
            rows.append(
                [
                    who,
                    f"{length:,}",
                    seconds(found[who, 0]),
                    seconds(found[who, 1]),
                    "1" if who == OURS else told(over[who, 1]),
                    told(cost),
                ]
            )
    columns = ["", "rows", "value", "value and all partials", "× chainrule", "evaluations"]
    return Table(f"On columns: {name} = `{formula.text}`", columns, rows), worst


def run(**options):
    effort = Effort(**options)
    numbers, worst_number = on_numbers(effort)
    tables, worst_column = [numbers], 0.0
    for name, formula in {"g": FORMULAS["g"], "h": FORMULAS["h"], "a loss": LOSS}.items():
        table, worst = on_columns(name, formula, effort)
        tables.append(table)
        worst_column = max(worst_column, worst)
    targets = [
        Target("gradient on numbers, at most", MOST_EVALUATIONS, worst_number, "evaluations"),
        Target("gradient on columns, at most", MOST_EVALUATIONS, worst_column, "evaluations"),
    ]
    return Section(tables, targets, PEERS)
