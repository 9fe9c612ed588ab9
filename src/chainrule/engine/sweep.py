"""Forward and reverse sweeps over a program, on numbers or on nodes.

One function a direction: fed numbers it is automatic differentiation, fed nodes it writes the
derivative graph, with the same operations in the same order. What a picture shows on an edge is the
`partial` that flows here. Source: Griewank & Walther (2008), Evaluating Derivatives, chapter 3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress, count
from types import FunctionType
from typing import Any

from chainrule.engine.bundle import Bundle
from chainrule.engine.inference import forget_shapes, shape_leaves
from chainrule.engine.masked import (
    Masked,
    arriving,
    carried,
    fitted_flow,
    is_nothing,
    plus,
    settled,
    taken,
    times,
    weighed,
)
from chainrule.engine.node import Node
from chainrule.engine.program import MANY_STEPS, Program
from chainrule.engine.protocol import Number
from chainrule.engine.weights import Cases, unmasked
from chainrule.errors import DerivativeError

__all__ = [
    "Contribution",
    "contribution",
    "factors_of",
    "forward",
    "local_derivatives",
    "pulled",
    "reverse",
    "times",
]

# (step, operand number, derivative flowing in, local derivative, what flows on)
Contribution = tuple[int, int, Number, Number, Number]


def partials_of(operation: Any) -> Callable[..., Sequence[Number]]:
    """Return the rule of an elementwise operation.

    Raises: DerivativeError for an operation that declares none.
    """
    rule: Callable[..., Sequence[Number]] | None = operation.partials
    if rule is None:
        raise DerivativeError(
            f"{operation.__name__} declares no derivative. "
            "Add `partials` to its class body, or keep the variable out of its arguments."
        )
    return rule


def no_derivative(operation: Any, number: int) -> DerivativeError:
    """Build the error for an operand by which there is no derivative."""
    return DerivativeError(
        f"{operation.__name__} has no derivative by its operand {number + 1}. "
        "Ask for another variable."
    )


def local_derivatives(
    operation: Any,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return the local derivative of an elementwise step by each operand asked for, else None."""
    partials = partials_of(operation)(value, *arguments, *attributes)
    return those_asked(operation, partials, asked)


def factors_of(
    operation: Any,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[bool],
) -> list[Number]:
    """Return what a sweep multiplies by: the weights of a choice, else the local derivatives."""
    rule = weights_of(operation) or partials_of(operation)
    return those_asked(operation, rule(value, *arguments, *attributes), asked)


def those_asked(operation: Any, partials: Iterable[Number], asked: Sequence[bool]) -> list[Number]:
    """Return the factor of each operand asked for, else None."""
    found: list[Number] = []
    for wanted, partial in zip(asked, partials, strict=True):
        if not wanted:
            found.append(None)
        elif type(partial) is FunctionType:  # put off by the rule until somebody asks
            found.append(partial())
        elif partial is None:
            raise no_derivative(operation, len(found))
        else:
            found.append(partial)
    return found


def is_literal_zero(value: Number) -> bool:
    """Tell the zero that a rule writes ("no dependence") from a zero that was computed."""
    return type(value) is int and value == 0


def reverse(
    program: Program,
    slots: list[Number],
    seeds: Mapping[int, Number],
    wanted: Collection[int],
    *,
    release: bool = False,
    careful: bool = False,
    masked: bool = False,
    fit: Callable[[Number, Number], Number] | None = None,
    record: Callable[[Contribution], None] | None = None,
) -> dict[int, Number]:
    """Carry adjoints from the seeded slots back to the wanted ones, over the paths between only.

    slots: the value of every slot (numbers, or nodes). seeds: slot -> adjoint. fit: brings a
    contribution to the shape of the operand it belongs to. record: is told every contribution.
    release: let go of the value of each step, in `slots`, once nobody needs it any more.
    careful: where a step passes nothing on to some elements, such as those that x[0] leaves out,
    let no infinite slope below them do harm; at twice the cost. Seeds may be masked then.
    masked: hand out what arrives with its masks, where an operand may have been left out.
    Returns the adjoint of each wanted slot that any path reaches. Cost: one visit a step, so a
    small multiple of one evaluation, whatever the number of variables.
    """
    kept = frozenset(wanted)
    adjoints: list[Number] = [None] * len(slots)
    masks = careful or Masked in map(type, seeds.values())  # whether anything that flows is masked
    for slot, seed in seeds.items():
        adjoints[slot] = seed
    for slot, operation, rule, arguments, settings, edges, special in backward(program, kept):
        flowing = adjoints[slot]
        if flowing is None:
            continue
        if slot not in kept:
            adjoints[slot] = None  # nothing above flows in any more: let the memory go
        values = [slots[argument] for argument in arguments]
        factors = (
            pulled((operation, slots[slot], values, settings), flowing, edges, program, careful)
            if rule is None
            else rule(slots[slot], *values, *settings)
        )
        for number, argument in edges:
            partial = factors[number]
            # Two floats are the common case by far, and this line is what a gradient costs. Of
            # the whole numbers that rules write, such as 1, a literal 0 says something else.
            kind = partial.__class__
            plain = kind is float or (kind is int and partial)
            if plain and flowing.__class__ is float and special is None:
                cotangent = flowing * partial
            else:
                partial, cotangent = contribution(operation, number, flowing, partial)
                if cotangent.__class__ is Masked:
                    masks = True
                    if cotangent.mask is False and record is None:
                        continue
                elif cotangent is None:
                    continue
            if fit is not None:
                last = not program.arguments[argument]
                cotangent = fitted_flow(cotangent, slots[argument], fit, last=last)
            before = adjoints[argument]
            # Written out: a call costs as much as a step of the sweep.
            adjoints[argument] = (
                cotangent
                if before is None
                else (plus(before, cotangent) if masks else before + cotangent)
            )
            if record is not None:
                shown = unmasked(partial, slots[slot])
                record((slot, number, settled(flowing), shown, settled(cotangent)))
        if release:
            slots[slot] = None
    if masks and not masked:
        adjoints = whole(adjoints, kept)
    return {slot: adjoints[slot] for slot in wanted if adjoints[slot] is not None}


def whole(adjoints: Sequence[Number], wanted: Collection[int]) -> list[Number]:
    """Return the adjoints with those wanted as numbers, or nodes, without masks."""
    forget_shapes()
    return [settled(flow) if slot in wanted else None for slot, flow in enumerate(adjoints)]


BackwardStep = tuple[
    int, Any, Any, tuple[int, ...], tuple[Any, ...], tuple[tuple[int, int], ...], Any
]


def backward(program: Program, wanted: frozenset[int]) -> Iterable[BackwardStep]:
    """List the steps on a path to the wanted slots, last first, with the edges on such a path.

    Kept for programs short enough that the list is worth its memory.
    """
    known: list[BackwardStep] | None = program.notes.get(("backward", wanted))
    if known is not None:
        return known
    steps = backward_steps(program, wanted)
    if len(program.operations) >= MANY_STEPS:
        return steps
    known = list(steps)
    program.remember(("backward", wanted), known)
    return known


def backward_steps(program: Program, wanted: frozenset[int]) -> Iterator[BackwardStep]:
    """Work out the steps of `backward` one by one."""
    needed = program.depends_on(wanted)
    known: dict[Any, tuple[Any, Any]] = {}  # of each operation
    last = len(needed) - 1
    for back, arguments in enumerate(reversed(program.arguments)):
        slot = last - back
        if not needed[slot]:
            continue
        edges = tuple([edge for edge in enumerate(arguments) if needed[edge[1]]])
        if not edges:
            continue
        operation = program.operations[slot]
        if operation not in known:
            weights = weights_of(operation)
            rule = (weights or partials_of(operation)) if operation.is_elementwise else None
            # What `pull` gives is no factor, but the cotangent: it too goes the long way.
            known[operation] = rule, weights if rule is not None else pull
        rule, special = known[operation]
        yield slot, operation, rule, arguments, program.attributes[slot], edges, special


def weights_of(operation: Any) -> Callable[..., Any] | None:
    """Return the weights of an operation that chooses; a toy language need not know the word."""
    weights: Callable[..., Any] | None = getattr(operation, "weights", None)
    return weights


def contribution(
    operation: Any, number: int, flowing: Number, factor: Number
) -> tuple[Number, Number]:
    """Return the local derivative and the cotangent of an operand, both None for no dependence.

    factor: what the rule gave; of a step that is not elementwise, the cotangent itself.
    """
    if not operation.is_elementwise:
        return None, factor
    if type(factor) is FunctionType:  # put off by the rule until somebody asks
        factor = factor()
    if factor is None:
        raise no_derivative(operation, number)
    if is_literal_zero(factor):
        return None, None
    if weights_of(operation) is not None:
        return factor, taken(flowing, factor)
    return factor, flowing.times(factor) if type(flowing) is Masked else times(flowing, factor)


def pull(
    operation: Any,
    flowing: Number,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    asked: Sequence[int],
) -> list[Number]:
    """Return the cotangent of each operand asked for of a step that is not elementwise."""
    if operation.pull is None:
        raise DerivativeError(
            f"{operation.__name__} declares no derivative. "
            "Add `pull` and `push` to its class body, or keep the variable out of its arguments."
        )
    found: list[Number] = [None] * len(arguments)
    # Most put off what may not be wanted; an operation that works all out at once has to be told.
    told = {"asked": asked} if getattr(operation, "asks", False) else {}
    cotangents = operation.pull(flowing, value, *arguments, *attributes, **told)
    for number in asked:
        cotangent = cotangents[number]
        if type(cotangent) is FunctionType:
            cotangent = cotangent()
        found[number] = None if is_literal_zero(cotangent) else cotangent
    return found


def pulled(
    step: tuple[Any, Number, Sequence[Number], Sequence[Any]],
    flowing: Number,
    edges: Sequence[tuple[int, int]],
    program: Program,
    careful: bool,  # noqa: FBT001 - handed on, once a step
) -> list[Number]:
    """Return what `pull` gives for each edge, masked where what flows in is.

    step: the operation, its value, its operands and its attributes. careful: see `reverse`.
    """
    operation, value, arguments, attributes = step
    asked = [number for number, _ in edges]
    given = flowing if takes_masks(operation, value) else settled(flowing)
    found = pull(operation, given, value, arguments, attributes, asked)

    def arrives(tracer: Number, number: int) -> Number:
        return pull(operation, tracer, value, arguments, attributes, [number])[number]

    if type(flowing) is not Masked:
        below = [number for number, argument in edges if program.arguments[argument]]
        return arriving(arrives, flowing, found, below) if careful else found
    # A number has one mask, whatever it is spread over.
    spread = isinstance(value, Node) and not shape_leaves(value)
    for number, argument in edges:
        if found[number] is None or type(found[number]) is Bundle:
            continue  # of several values, what was not taken is a zero

        if spread or flowing.mask is False:
            found[number] = Masked(found[number], flowing.mask, wins=flowing.wins)
        elif program.arguments[argument]:
            found[number] = flowing.moved(functools.partial(arrives, number=number), found[number])
    return found


def takes_masks(operation: Any, value: Number) -> bool:
    """Tell whether the rules of a step are sweeps themselves, which know masks; not over nodes."""
    return getattr(operation, "takes_masks", False) and not isinstance(value, Node)


def pushed(
    step: tuple[Any, Number, Sequence[Number], Sequence[Any]],
    flowing: Sequence[Number],
    careful: bool,  # noqa: FBT001 - handed on, once a step
) -> Number:
    """Return what `push` gives, masked where all that flows in is; None for no dependence.

    step: the operation, its value, its operands and its attributes. careful: see `forward`. Over
    nodes masks end here, so that what is written stays readable.
    """
    operation, value, arguments, attributes = step
    whole = flowing if takes_masks(operation, value) else list(map(settled, flowing))
    found = operation.push(whole, value, *arguments, *attributes)
    if is_literal_zero(found):
        return None
    if isinstance(value, Node) or type(found) is Bundle:
        return found
    kinds = {type(tangent) for tangent in flowing if tangent is not None}
    if Bundle in kinds or not (kinds == {Masked} or careful):
        return found
    return carried(
        lambda told: operation.push(told, value, *arguments, *attributes), found, flowing
    )


def forward(
    program: Program,
    slots: Sequence[Number],
    seeds: Mapping[int, Number],
    *,
    refine: Callable[[Number, Sequence[Number]], Number] | None = None,
    release: bool = False,
    careful: bool = False,
    along: Iterable[int] | None = None,
) -> list[Number]:
    """Carry tangents from the seeded slots to every slot that depends on them.

    along: the slots that do, in order, where they are known to be few. refine: rewrites each
    tangent as it arrives; it is told what the tangent was made of.
    release: let go of each tangent once nobody needs it any more; those of the outputs stay.
    careful: let no infinite slope do harm where nothing moves, as masked seeds may say, or where a
    step passes nothing on to some elements; on numbers only.
    Returns a tangent a slot, None where no path leads. Cost: one visit a step.
    """
    finished = program.last_uses() if release else None
    if along is None:
        along = compress(count(), program.depends_on(seeds))
    tangents: list[Number] = [None] * len(program)
    for slot, seed in seeds.items():
        tangents[slot] = seed
    masked = []
    for slot in along:
        if type(tangents[slot]) is Masked:
            masked.append(slot)
        arguments = program.arguments[slot]
        flowing = [tangents[argument] for argument in arguments]
        asked = [tangent is not None for tangent in flowing]
        if True not in asked:
            continue
        operation = program.operations[slot]
        values = [slots[argument] for argument in arguments]
        attributes = program.attributes[slot]
        if not operation.is_elementwise:
            if operation.push is None:
                pull(operation, None, None, values, attributes, asked)  # raises, naming it
            total = pushed((operation, slots[slot], values, attributes), flowing, careful)
        else:
            total = elementwise_tangent(operation, slots[slot], values, attributes, flowing)
        total = joined(tangents[slot], total)
        if refine is not None:
            total = refined(refine, total, [slots[slot], *values, *flowing])
        tangents[slot] = total
        if type(total) is Masked:
            masked.append(slot)
        for done in finished[slot] if finished else ():
            tangents[done] = None
    for slot in masked:
        tangent = tangents[slot]
        if type(tangent) is Masked:
            whole = settled(tangent)
            tangents[slot] = whole if refine is None else refine(whole, made_of([tangent]))
    return tangents


def refined(
    refine: Callable[[Number, Sequence[Number]], Number], total: Number, given: Sequence[Number]
) -> Number:
    """Rewrite a tangent; of a masked one, the value. given: what it was made of."""
    known = made_of(given)
    if type(total) is Bundle:
        return Bundle([None if part is None else refine(part, known) for part in total])
    if type(total) is not Masked:
        return refine(total, known)
    return Masked(refine(total.value, known), total.mask, total.cover, total.wins)


def made_of(given: Iterable[Number]) -> list[Number]:
    """List what is in numbers, arrays and nodes; of what is masked the value, and its masks."""
    known: list[Number] = []
    for item in given:
        if type(item) is Masked:
            masks = [mask for mask in (item.cover, item.mask) if isinstance(mask, Node)]
            # What a mask denies or joins is what the next one is made of.
            known += [item.value, *masks, *[part for mask in masks for part in mask.arguments]]
        elif type(item) is Bundle:
            known += [part for part in item if part is not None]
        else:
            known.append(item)
    return known


def elementwise_tangent(
    operation: Any,
    value: Number,
    arguments: Sequence[Number],
    attributes: Sequence[Any],
    tangents: Sequence[Number],
) -> Number:
    """Return the tangent of an elementwise step, None where there is none."""
    weights = weights_of(operation)
    asked = [tangent is not None for tangent in tangents]
    if weights is None:
        partials = local_derivatives(operation, value, arguments, attributes, asked)
        return added_up(partials, tangents, chooses=False)
    factors = weights(value, *arguments, *attributes)
    if type(factors) is Cases and factors.picks:
        return factors.along(tangents)
    return added_up(those_asked(operation, factors, asked), tangents, chooses=True)


def added_up(factors: Iterable[Number], tangents: Iterable[Number], *, chooses: bool) -> Number:
    """Add up the products of factors and tangents; None where there are none.

    chooses: whether the factors are weights.
    """
    total: Number = None
    for factor, tangent in zip(factors, tangents, strict=True):
        if tangent is None or is_literal_zero(factor):
            continue
        if chooses:
            part = weighed(factor, tangent)
        else:
            part = tangent.times(factor) if type(tangent) is Masked else times(factor, tangent)
        if not is_nothing(part):
            total = part if total is None else plus(total, part)
    return total


def joined(seed: Number, arriving: Number) -> Number:
    """Add what arrives at a step to its seed: both it and what it is made of may be asked for."""
    if seed is None or arriving is None:
        return arriving if seed is None else seed
    return plus(seed, arriving)
