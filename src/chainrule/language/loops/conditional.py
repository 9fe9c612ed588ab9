"""`while_loop`: a step repeated as long as a condition holds.

Nobody knows how often before it has run: the reverse mode runs it again, with a store that grows,
and then goes back over what was stored, which is a scan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import shape_of
from chainrule.engine.numbers import FLOATS
from chainrule.engine.sizes import UNKNOWN
from chainrule.errors import EndlessLoop, ShapeError, ValueTypeError
from chainrule.language.expression import as_number, expression, lift
from chainrule.language.folds import sum as total
from chainrule.language.loops.bodies import LoopBody, called, closed, stand_in, word_for
from chainrule.language.loops.entries import Active, StackedEntries
from chainrule.language.loops.generated import loop_of_floats
from chainrule.language.loops.loop import LoopOperands, loop, loop_notation, parts_of_loop
from chainrule.language.loops.running import Given, Stacks, check_states, starting
from chainrule.language.loops.scanning import counted
from chainrule.language.loops.structures import (
    leaves_in_order,
    leaves_of,
    like,
    names_of_leaves,
)

__all__ = ["conditional_iteration", "conditional_scanning", "while_loop"]

MOST_STEPS = 100_000
SHOWN_STATES = 5


def sampled() -> tuple[LoopBody, LoopBody]:
    """Return two bodies for loops to be tested with: Newton's square root, and what it goes by."""
    root, of = expression("r"), expression("a")
    after, goes_on = (root + of / root) / 2, total(abs(root * root - of)) > 1e-9
    return LoopBody(("r", "a"), [after, goes_on]), LoopBody(("r", "a"), [after, root, goes_on])


NEWTON, NEWTON_TOLD = sampled()


class conditional_iteration(loop):
    """States carried through a step as long as a condition of them holds.

    The last root of the body is the condition. max_steps: after so many it is an error.
    """

    keywords = {"body": None, "states": 1, "sequences": 0, "max_steps": MOST_STEPS}
    notation = loop_notation("while_loop", conditions=1)
    samples: ClassVar[Any] = (
        (1.0, 2.0, {"body": NEWTON}),
        (np.array([1.0, 1.5]), np.array([2.0, 3.0]), {"body": NEWTON}),
    )
    conditions = 1
    mixing = "one condition ends the loop for all rows"

    def rows(below, shapes, *settings):
        return False

    @classmethod
    def checked(cls, operands: LoopOperands, settings: tuple[Any, ...]) -> Given:
        """Return what the loop runs on."""
        return Given(settings[0], *operands)

    @classmethod
    def lasting(cls, given: Any, settings: tuple[Any, ...], numbers: Any, step: Any) -> Bundle:
        """Run the loop.

        Raises: EndlessLoop, with the state.
        """
        states, names = starting(given, numbers), given.body.names
        first, most = len(states), settings[3]
        outputs = len(given.body.roots) - first - 1
        if numbers is FLOATS:
            found = loop_of_floats(given, (), most, conditional=True)
            if found is not None:
                return Bundle([*found[:first], *map(np.array, found[first:])])
        stacks = Stacks(outputs, None, numbers)
        for place in range(most + 1):
            found = step(*states)
            if not holds(found[-1]):
                break
            if place == most:
                raise endless(names, states, most)
            check_states(names, states, found)
            states = found[:first]
            if outputs:
                stacks.put(place, found[first:-1])
        shapes = given.shapes()[first:-1] if outputs else []
        return Bundle([*states, *stacks.arrays(shapes, backwards=False)])

    def batch(operation, operands, attributes):
        return while_of_entries(*operation.cut((*operands, *attributes)), operation.shapes_of_step)

    @classmethod
    def with_outputs(cls) -> Any:
        """Return the class of loops that give more than states."""
        return conditional_scanning

    @classmethod
    def without_outputs(cls) -> Any:
        """Return the class of loops that give states alone."""
        return conditional_iteration

    @classmethod
    def count_of(cls, settings: tuple[Any, ...]) -> int | None:
        """Return None: only its run tells how often it goes round."""
        del settings
        return None

    @classmethod
    def any_sequence(cls, operands: LoopOperands, settings: tuple[Any, ...]) -> list[Any]:
        """Return the first state as it came into each step."""
        return list(cls.stacked_states([0], operands, settings))

    @classmethod
    def shape(cls, *given: Any) -> Bundle:
        """Return the shapes of the final states, and of outputs of a length nobody knows."""
        shapes, settings = cls.cut(given)
        roots = cls.shapes_of_step(shapes, settings)
        if len(roots[-1]):
            raise ShapeError(condition_of(roots[-1]))
        outputs = roots[settings[1] : -1]
        return Bundle([*shapes.states, *[(UNKNOWN, *shape) for shape in outputs]])


class conditional_scanning(conditional_iteration):
    """States carried through a step while a condition holds, and what the steps give, stacked.

    Its attributes are those of a conditional iteration.
    """

    makes_arrays = True
    notation = loop_notation("scan_while", conditions=1)
    samples: ClassVar[Any] = ((np.array([1.0, 1.5]), np.array([2.0, 3.0]), {"body": NEWTON_TOLD}),)


def while_of_entries(
    operands: LoopOperands, settings: tuple[Any, ...], shapes_of_step: Any
) -> Bundle:
    """Run the loop for all entries of a batch, each as long as its condition holds.

    shapes_of_step: a function that foretells the shapes of what a step gives an entry.
    Raises: EndlessLoop, with the state of an entry.
    """
    body, most = settings[0], settings[3]
    active = Active(body, operands)
    first = len(active.states)
    stacks = StackedEntries(active.size)
    for place in range(most + 1):
        found = active.step(())
        if found[-1].ndim > 1:
            raise ShapeError(condition_of(found[-1].shape[1:]))
        goes_on = found[-1].astype(bool)
        if not np.any(goes_on):
            break
        if place == most:
            stuck = active.places[goes_on][0]
            raise endless(body.names, [state[stuck] for state in active.states], most)
        values = active.take(found[:-1], goes_on)
        stacks.put(place, active.places, values)
    shapes: Sequence[Any] = [()] * (len(body.roots) - first - 1)
    if shapes and not stacks.steps:
        entry = LoopOperands(*[tuple([slot.shape for slot in group]) for group in operands])
        shapes = shapes_of_step(entry, settings)[first:-1]
    return Bundle([*active.states, *stacks.values(shapes)])


def holds(condition: Any) -> bool:
    """Tell whether a condition is true.

    Raises: ShapeError for an array of them.
    """
    if np.ndim(condition):
        raise ShapeError(condition_of(np.shape(condition)))
    return bool(condition)


def condition_of(shape: Any) -> str:
    """Say that a condition is not one."""
    return (
        f"the condition of a while_loop has shape {shape}: it is one for each element. "
        "Give one number's, such as max(abs(x)) > tolerance, or sum(x > 0) > 0."
    )


def endless(names: Sequence[str], states: Sequence[Any], most: int) -> EndlessLoop:
    """Build the error for a loop that goes on, with its state."""
    told = [
        f"{name} = {np.array2string(np.asarray(state), threshold=6, precision=6)}"
        if np.ndim(state)
        else f"{name} = {state}"
        for name, state in zip(names, states, strict=False)
    ]
    more = f" and {len(states) - SHOWN_STATES} more" * (len(states) > SHOWN_STATES)
    return EndlessLoop(
        f"the condition of a while_loop still holds after {most} steps, where "
        f"{', '.join(told[:SHOWN_STATES])}{more}. Give a larger max_steps, or a condition that "
        "comes to an end; that of a NaN is false in every comparison but !=."
    )


def while_loop(
    condition: Callable[[Any], Any],
    step: Callable[[Any], Any],
    initial: Any,
    max_steps: int = MOST_STEPS,
) -> Any:
    """Return the state after a loop that goes on as long as a condition holds.

    condition, step: functions called once, with expressions for the state; the one returns a
    comparison, the other the new state. initial: an expression, or a tuple, list or dict of them.
    max_steps: if the condition still holds after so many, that is an error that tells the state.
    The derivative is that of the steps taken: the condition has none. The reverse mode stores the
    state of every step.
    Raises: EndlessLoop when evaluated; ShapeError, ValueTypeError, SettingError.

    >>> from chainrule import abs, expression
    >>> a = expression("a")
    >>> root = while_loop(lambda r: abs(r * r - a) > 1e-12, lambda r: (r + a / r) / 2, a)
    >>> print(root.eval({"a": 2}), root.diff({"a": 2}, "a"))
    1.414213562373095 0.3535533905932738
    """
    most = counted(max_steps, "max_steps")
    states = [lift(leaf) for leaf in leaves_of(initial)]
    names = names_of_leaves(initial, word_for(step, 0, "state"))
    own = [stand_in(name, state) for name, state in zip(names, states, strict=True)]
    asked = called(condition, like(initial, own))
    if not isinstance(asked, expression) or not asked.gives_truth:
        raise ValueTypeError(
            f"the condition of a while_loop is {asked!r}, and no comparison of its state. "
            "Return one, such as abs(x) > 1e-9; several are joined with & and |."
        )
    if shape_of(asked):
        raise ShapeError(condition_of(shape_of(asked)))
    after = called(step, like(initial, own))
    roots = [as_number(lift(x)) for x in leaves_in_order(after, initial, "the state")]
    body, captured = closed(names, own, [*roots, asked])
    attributes = (body, len(states), 0, most)
    made = conditional_iteration.of((*states, *captured, *attributes))
    return like(initial, parts_of_loop(made, len(states)))
