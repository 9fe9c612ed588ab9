"""Random formulas with values at which they are smooth, from a seed, for any test that wants them.

Operations are taken from the registry, so a new one takes part without being told.
"""

import math
import random

import numpy as np
from tests.words import our_operations

from chainrule.engine.protocol import Role
from chainrule.engine.sweep import local_derivatives
from chainrule.language.constants import constant
from chainrule.language.expression import expression
from chainrule.language.kinds import named

__all__ = ["elementwise_words", "random_formula"]

STEPS = 12
TRIES = 40
LARGEST, SMALLEST = 1e3, 1e-3  # of the values on the way, so that nothing over- or underflows
STEEPEST = 1e3  # of local derivatives, and of how fast they change
JITTER = 1e-4  # relative; no operand is nearer than this to a kink, a jump or a domain's end


def elementwise_words():
    """Operations on numbers, in the order of their names."""
    return [
        kind
        for _, kind in sorted(our_operations().items())
        if kind.is_elementwise and kind.role is Role.OPERATION
    ]


def random_formula(seed, steps=STEPS):
    """Return a formula and a float for each of its variables."""
    chooser = random.Random(seed)
    words = elementwise_words()
    names = ("x", "y", "z")[: chooser.randint(1, 3)]
    values = {name: chooser.choice([-1, 1]) * chooser.uniform(0.1, 3.0) for name in names}
    pool = [(expression(name), value) for name, value in values.items()]
    for number in range(chooser.randint(1, steps)):
        for _ in range(TRIES):
            found = one_more(chooser, words, pool)
            if found is not None:
                if chooser.random() < 0.1:
                    found = named(f"step{number}", found[0]), found[1]
                pool.append(found)
                break
    whole = pool[-1][0]
    return whole, {name: values[name] for name in whole.variables}


def one_more(chooser, words, pool):
    """Apply a random operation to what there is, or return None where it is not smooth."""
    word = chooser.choice(words)
    least, most = word.arity
    count = chooser.randint(least, least + 2 if most is None else most)
    count = max(count, 2) if most is None else count  # of one, logsumexp is a fold
    # At least one operand with a variable in it, and mostly what was made last: formulas grow deep.
    operands = [pool[-1] if chooser.random() < 0.7 else chooser.choice(pool)]
    for _ in range(count - 1):
        if chooser.random() < 0.3:
            number = chooser.choice([2, 3, -1, 0.5, round(chooser.uniform(-3, 3), 3)])
            operands.append((constant(number), float(number)))
        else:
            operands.append(chooser.choice(pool))
    chooser.shuffle(operands)
    missing = 0 if most is None else most - count
    left = word.defaults[len(word.defaults) - missing :] if missing else ()
    arguments = [*(value for _, value in operands), *map(float, left)]
    attributes = tuple(word.keywords.values())
    if not is_smooth(word, arguments, attributes):
        return None
    node = word.of((*[operand for operand, _ in operands], *left, *attributes))
    return node, word.on_float(*arguments, *attributes)


def is_smooth(word, arguments, attributes):
    """Tell whether an operation is tame at a point and close around it."""

    def at(place):
        value = word.on_float(*place, *attributes)
        slopes = local_derivatives(word, value, place, attributes, [True] * len(place))
        return [value, *map(float, slopes)]

    try:
        here = at(arguments)
        if not (word.gives_truth or SMALLEST < abs(here[0]) < LARGEST):
            return False
        for number, argument in enumerate(arguments):
            for sign in (-1, 1):
                there = list(arguments)
                there[number] += sign * JITTER * max(1.0, abs(argument))
                change = np.abs(np.subtract(at(there), here))
                if not (change < STEEPEST * JITTER * max(1.0, abs(argument))).all():
                    return False
    except (ArithmeticError, ValueError):  # outside of its domain
        return False
    return bool(
        np.isfinite(here).all() and max(map(abs, here[1:])) < STEEPEST and not math.isnan(here[0])
    )
