"""`vmap`: a formula for every entry of a leading axis, at once where its steps can take a batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.bundle import Bundle
from chainrule.engine.compiled import compiled_of
from chainrule.engine.inference import shape_of
from chainrule.engine.numbers import DOUBLES, SINGLES
from chainrule.errors import UnknownVariable, ValueTypeError, closest
from chainrule.language.batches import Slot, size_of
from chainrule.language.compute import slot_of
from chainrule.language.expression import as_number, expression, lift, name_of
from chainrule.language.loops.batching import numbers_of_entries, run_batch
from chainrule.language.loops.bodies import LoopBody, closed, stand_in, with_leaves
from chainrule.language.loops.derived import Reverse
from chainrule.language.loops.iteration import check_lengths
from chainrule.language.loops.loop import (
    LoopOperands,
    applied,
    length_known,
    loop,
    loop_notation,
    parts_of_loop,
)
from chainrule.language.loops.running import Given
from chainrule.language.loops.scanning import element_of
from chainrule.language.loops.structures import leaves_of, like, names_of_leaves
from chainrule.language.values import listed

__all__ = ["mapping", "vmap"]

# Where the answers of entries are only summed, so many entries are worked on at a time.
BLOCK = 1024


def sampled() -> LoopBody:
    """Return a body for a loop to be tested with."""
    entry, weight = expression("x"), expression("w")
    return LoopBody(("x", "w"), [entry * weight, weight * weight * entry])


SAMPLED = sampled()


class mapping(loop):
    """A body applied to every entry of sequences, each alone.

    summed: of so many of its roots, the last ones, the sum over the entries is given.
    """

    keywords: ClassVar[dict[str, Any]] = {"body": None, "states": 0, "sequences": 1, "summed": 0}
    notation = loop_notation("vmap")
    makes_arrays = True
    samples: ClassVar[Any] = (
        (np.array([1.0, 2.0, 4.0]), 0.75, {"body": SAMPLED}),
        (np.array([[1.0, 2.0], [4.0, 8.0]]), np.array([0.5, 2.0]), {"body": SAMPLED, "summed": 1}),
    )
    rows = "sum"

    @classmethod
    def checked(cls, operands: LoopOperands, settings: tuple[Any, ...]) -> Given:
        """Return what the loop runs on.

        Raises: ShapeError for sequences of different lengths.
        """
        names = settings[0].names
        told = [*zip(names, [np.shape(item) for item in operands.sequences], strict=False)]
        check_lengths(told, None, "vmap")
        return Given(settings[0], *operands)

    @classmethod
    def computed(cls, operands: Sequence[Any], *, raising: bool) -> Bundle:
        """Run the body on the whole batch, or on blocks of it."""
        del raising  # what has entries is an array
        sorted_operands, settings = cls.cut(operands)
        given = cls.checked(sorted_operands, settings)
        body, size, summed = given.body, given.length or 0, settings[3]
        numbers = given.numbers()
        numbers = numbers if numbers is SINGLES else DOUBLES
        first = len(given.sequences)
        fixed = {name: Slot(x, is_batch=False) for name, x in given.inputs().items()}
        whole = len(body.roots) - summed
        block = BLOCK if summed else max(size, 1)
        stacked: list[list[Any]] = [[] for _ in range(whole)]
        totals: list[Any] = [None] * summed
        for start in range(0, max(size, 1), block):
            inputs = dict(fixed)
            for name, values in zip(body.names[:first], given.sequences, strict=True):
                inputs[name] = Slot(values[start : start + block], is_batch=True)
            many = min(block, size - start)
            found = run_batch(body.program, numbers, inputs, many)
            for store, values in zip(stacked, found, strict=False):
                store.append(values)
            for number, values in enumerate(found[whole:]):
                total = np.sum(values, axis=0)
                totals[number] = total if totals[number] is None else totals[number] + total
        several = [store[0] if len(store) == 1 else np.concatenate(store) for store in stacked]
        return Bundle([*several, *totals])

    def batch(operation, operands, attributes):
        return map_of_pairs(*operation.cut((*operands, *attributes)))

    @classmethod
    def backwards(
        cls, plan: Reverse, seeds: Sequence[Any], operands: LoopOperands, settings: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Map the reverse body over the same entries; what is handed in gets a sum."""
        every = (*operands.sequences, *operands.captured)
        stacked_roots = len(settings[0].roots) - settings[3]
        flows = [number for number in plan.flowing if number < stacked_roots]
        sequences = [
            *[every[n] for n in plan.sequences],
            *[seeds[n] for n in flows],
        ]
        captured = [
            *[seeds[n] for n in plan.flowing if n >= stacked_roots],
            *[every[n] for n in plan.captured],
        ]
        body = plan.body.once("each alone", lambda: each_alone(plan))
        if not sequences:  # their number is all that is wanted of the entries
            names = ["entry_of", *body.names]
            body = plan.body.once("with an entry", lambda: LoopBody(names, body.roots))
            sequences = list(operands.sequences[:1])
        attributes = (body, 0, len(sequences), len(plan.summed))
        whole = applied(mapping, (*sequences, *captured), attributes)
        found = parts_of_loop(whole, len(body.roots))
        count = len(plan.stacked)
        return (*found[count:], *found[:count])

    @classmethod
    def further(cls, settings: tuple[Any, ...], outputs: Sequence[int]) -> tuple[Any, ...]:
        """Return how many of the tangents are of sums."""
        stacked_roots = len(settings[0].roots) - settings[3]
        return (len([number for number in outputs if number >= stacked_roots]),)

    @classmethod
    def with_outputs(cls) -> Any:
        """Return the class of such loops: there is one."""
        return mapping

    @classmethod
    def without_outputs(cls) -> Any:
        """Return the class of such loops: there is one."""
        return mapping

    @classmethod
    def count_of(cls, settings: tuple[Any, ...]) -> int | None:
        """Return None: the sequences tell how many entries there are."""
        del settings
        return None

    @classmethod
    def shape(cls, *given: Any) -> Bundle:
        """Return the shapes of the stacked answers, and of the sums."""
        shapes, settings = cls.cut(given)
        told = [*zip(settings[0].names, shapes.sequences, strict=False)]
        check_lengths(told, None, "vmap")
        length = length_known([shape[0] for shape in shapes.sequences])
        roots = cls.shapes_of_step(shapes, settings)
        whole = len(roots) - settings[3]
        return Bundle([*[(length, *shape) for shape in roots[:whole]], *roots[whole:]])


def map_of_pairs(operands: LoopOperands, settings: tuple[Any, ...]) -> Bundle:
    """Map a body in every entry of a batch: the entries of all entries are one batch."""
    body, summed = settings[0], settings[3]
    slots = [*operands.sequences, *operands.captured]
    size, first = size_of(slots), len(operands.sequences)
    count = operands.sequences[0].shape[0]
    inputs = {}
    for name, slot in zip(body.names, operands.sequences, strict=False):
        whole = slot.whole(size)
        inputs[name] = Slot(whole.reshape(size * count, *whole.shape[2:]), is_batch=True)
    for name, slot in zip(body.names[first:], operands.captured, strict=True):
        value = np.repeat(slot.value, count, axis=0) if slot.is_batch else slot.value
        inputs[name] = Slot(value, is_batch=slot.is_batch)
    found = run_batch(body.program, numbers_of_entries(slots), inputs, size * count)
    pairs = [values.reshape(size, count, *values.shape[1:]) for values in found]
    cut = len(pairs) - summed
    return Bundle([*pairs[:cut], *[np.sum(values, axis=1) for values in pairs[cut:]]])


def each_alone(plan: Reverse) -> LoopBody:
    """Return a reverse body that adds nothing up: first the stacked roots, then those to sum."""
    count = len(plan.summed)
    totals, stacked = plan.body.roots[:count], plan.body.roots[count:]
    return LoopBody(plan.body.names[count:], [*stacked, *[total.arguments[1] for total in totals]])


def built(names: Sequence[str], own: Sequence[Any], sequences: Sequence[Any], answer: Any) -> Any:
    """Return the node of a map, in the form of its answer."""
    roots = [as_number(lift(leaf)) for leaf in leaves_of(answer)]
    if not roots:
        raise ValueTypeError("vmap of nothing: the function returns no expression. Return one.")
    body, captured = closed(names, own, roots)
    attributes = (body, 0, len(sequences), 0)
    made = mapping.of((*sequences, *captured, *attributes))
    return like(answer, parts_of_loop(made, len(roots)))


def vmap(of: Any, over: Any = None) -> Any:
    """Return a formula for every entry of a leading axis, the answers stacked.

    of: an expression, in which the variables of `over` become arrays of entries; or a function of
    expressions, for which a function of such arrays is returned. over: a name, a variable, or
    several; of a function, the names of the parameters that have entries, all unless it is given.
    Every operation takes all entries at once, one of your own where its class body says how, in
    `batch`; what has to be taken entry by entry is named in a PerformanceWarning.
    Raises: UnknownVariable for a name that it does not contain; ShapeError for different lengths.

    >>> from chainrule import expression, sum
    >>> x, w = expression("x"), expression("w")
    >>> rows = vmap(sum(w * x) ** 2, over="x")
    >>> rows.eval({"x": [[1, 2], [3, 4]], "w": [1, 10]})
    array([ 441., 1849.])
    >>> vmap(lambda a, b: a * sum(b), over="b")(x, w).eval({"x": 2, "w": [[1, 2], [3, 4]]})
    array([ 6., 14.])
    """
    if isinstance(of, expression):
        return of_expression(of, over)
    if not callable(of):
        raise ValueTypeError(f"vmap takes an expression or a function of such, not {of!r}.")
    return of_function(of, over)


def names_over(over: Any) -> list[str]:
    """Return the names meant by one or several names or variables."""
    if isinstance(over, Mapping):
        raise ValueTypeError(
            f"over= names what to map over, and values come at evaluation: over={list(over)!r}, "
            "then .eval(values)."
        )
    several = isinstance(over, Iterable) and not isinstance(over, str | expression)
    return list(dict.fromkeys([name_of(item) for item in (over if several else [over])]))


def of_expression(of: expression, over: Any) -> Any:
    """Map an expression over some of its variables.

    Raises: ValueTypeError where none is named.
    """
    program = compiled_of(of).program
    names = [] if over is None else names_over(over)
    if not names:
        raise ValueTypeError(
            f"vmap is not told over what to map. Give over=, of {listed(list(program.inputs))}."
        )
    own, batches = [], []
    nodes = program.nodes()
    for name in names:
        slot_of(program, name)
        if name not in program.inputs:
            raise UnknownVariable(
                f"{name!r} is a step of the formula, and no variable to give entries of. "
                f"Its variables: {listed(list(program.inputs))}."
            )
        leaf = nodes[program.inputs[name]]
        own.append(stand_in(name, leaf))
        declared = program.declared.get(name)
        shape = None if declared is None else (None, *declared)
        batches.append(expression(name, shape=shape))
    given = {nodes[program.inputs[name]]: leaf for name, leaf in zip(names, own, strict=True)}
    return built(names, own, batches, with_leaves(of, given))


def of_function(of: Callable[..., Any], over: Any) -> Callable[..., Any]:
    """Map a function over some of its parameters."""
    parameters = list(inspect.signature(of).parameters)
    chosen = parameters if over is None else names_over(over)
    for name in chosen:
        if name not in parameters:
            raise UnknownVariable(
                f"vmap is to map over {name!r}, but the function has {listed(parameters)}."
                f"{closest(name, parameters)}"
            )

    @wraps(of)
    def mapped(*given: Any, **named: Any) -> Any:
        bound = inspect.signature(of).bind(*given, **named)
        names: list[str] = []
        sequences: list[Any] = []
        own: list[Any] = []
        for name, value in list(bound.arguments.items()):
            if name not in chosen:
                continue
            leaves = [lift(leaf) for leaf in leaves_of(value)]
            called = names_of_leaves(value, name)
            fresh = [element_of(word, leaf) for word, leaf in zip(called, leaves, strict=True)]
            bound.arguments[name] = like(value, fresh)
            names += called
            sequences += leaves
            own += fresh
        if not sequences:
            raise ValueTypeError("vmap has nothing to map over: give an array of entries.")
        told = [(n, shape_of(x)) for n, x in zip(names, sequences, strict=True)]
        check_lengths([(n, shape) for n, shape in told if shape is not None], None, "vmap")
        return built(names, own, sequences, of(*bound.args, **bound.kwargs))

    return mapped
