"""Two thousand random formulas against mpmath at 50 digits, and every engine against every other.

The bound on an error is derived, not guessed: an operation is allowed so many units in the last
place of its result or of its operands (next to a root of digamma nobody does better), and what that
does to the output is the derivative of the output by the step, which one reverse sweep over the
formula gives for all steps and variables at once:

    |error of the output|  <=  sum over steps |d output / d step| * |step| * ALLOWED.

For a partial derivative the same is done over the program of that derivative. This is the first
order of running error analysis, Higham (2002), Accuracy and Stability of Numerical Algorithms,
section 3.3; SLACK covers the higher orders, which generated formulas keep small.
"""

import sys

import mpmath
import numpy as np
import pytest
from tests.random_formulas import random_formula

from chainrule.engine.compiled import compiled_of
from chainrule.engine.gradient import gradient_program
from chainrule.engine.numbers import FLOATS
from chainrule.engine.protocol import Role
from chainrule.engine.sweep import reverse
from chainrule.engine.targets.interpreter import run
from chainrule.engine.targets.source import PAYS_AFTER
from chainrule.language.compute import pass_at

FORMULAS = 2_000
BATCH = 100
DIGITS = 50
ALLOWED = 4 * sys.float_info.epsilon  # four units in the last place for every operation
SLACK = 1.25
AGREEMENT = 1e-13  # of forward and reverse mode, relative to what flows in them
NUMERICALLY = 1e-20  # mpmath.diff has about half of the digits, of values below LARGEST
NUMERICAL_EVERY = 10  # mpmath.diff is slow: one formula in so many


def uncertainties(program, values):
    """Return for every output what its steps may move it by, relative to ALLOWED.

    Where a step underflows, that is the smallest normal number at least.
    """
    slots = run(program, FLOATS, values)
    found = []
    for output in program.outputs:
        adjoints = reverse(program, slots, {output: 1.0}, range(len(program)))
        found.append(
            sys.float_info.min
            + sum(
                abs(adjoint * slots[slot])
                for slot, adjoint in adjoints.items()
                if program.operations[slot].role is not Role.CONSTANT
            )
        )
    return found


def check_against_mpmath(e, values, *, numerically):
    """Compare the value and every partial with 50 digits."""
    program = gradient_program(compiled_of(e).program)
    margins = [SLACK * ALLOWED * found for found in uncertainties(program, values)]
    slopes = e.diff(values)
    with mpmath.workdps(DIGITS):
        exact = {name: mpmath.mpf(value) for name, value in values.items()}
        assert abs(e.eval(values) - e.eval(exact)) <= margins[0], "value"
        for name, margin in zip(compiled_of(e).program.inputs, margins[1:], strict=True):
            true = e.derivative(name).eval(exact)
            assert abs(slopes[name] - true) <= margin, name
            if numerically:
                numerical = mpmath.diff(
                    lambda x, name=name: e.eval({**exact, name: x}), exact[name]
                )
                assert abs(true - numerical) <= margin + NUMERICALLY, f"{name}, numerically"


def bits(value):
    """Write a number, or a truth value, exactly; a zero below a choice may have either sign."""
    return (float(value) + 0.0).hex()


def check_generated_code(e, values):
    """Once the formula is hot, generated code answers: with the same bits."""
    value, slopes = e.eval(values), e.diff(values)
    for _ in range(PAYS_AFTER):
        assert bits(value) == bits(e.eval(values))
        assert list(map(bits, slopes.values())) == list(map(bits, e.diff(values).values()))
    plan = compiled_of(e)
    assert plan.value is not None
    assert plan.gradients is not None


def check_arrays(e, values):
    """A batch of rows equals the rows one by one, to what each may be off by itself."""
    rows = [{name: v * (1 + 1e-5 * k) for name, v in values.items()} for k in range(5)]
    columns = {name: np.array([row[name] for row in rows]) for name in values}
    value, slopes = e.eval(columns), e.diff(columns)
    program = gradient_program(compiled_of(e).program)
    for number, row in enumerate(rows):
        margins = [2 * SLACK * ALLOWED * found for found in uncertainties(program, row)]
        assert abs(float(value[number]) - float(e.eval(row))) <= margins[0]
        for name, margin in zip(compiled_of(e).program.inputs, margins[1:], strict=True):
            assert abs(slopes[name][number] - e.diff(row, name)) <= margin, name


def check_forward(e, values):
    """Forward mode gives the same partials as reverse mode."""
    at = pass_at(compiled_of(e).program, values)
    found = uncertainties(gradient_program(at.program), values)
    slopes = e.diff(values)
    for (name, slot), scale in zip(at.program.inputs.items(), found[1:], strict=True):
        tangent = at.jvp({slot: 1.0})[at.program.outputs[0]]
        margin = AGREEMENT * max(scale, abs(slopes[name]))
        assert abs((tangent or 0.0) - slopes[name]) <= margin, name


def check(seed):
    """Check one formula in every way; a failure says how to get it back."""
    e, values = random_formula(seed)
    try:
        check_generated_code(e, values)
        check_against_mpmath(e, values, numerically=seed % NUMERICAL_EVERY == 0)
        check_arrays(e, values)
        check_forward(e, values)
    except Exception as error:
        error.add_note(f"random_formula({seed}): {e} at {values}")
        raise


@pytest.mark.parametrize("start", range(0, FORMULAS, BATCH))
def test_random_formulas_agree_with_mpmath_and_with_themselves(start):
    for seed in range(start, start + BATCH):
        check(seed)
