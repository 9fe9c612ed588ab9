"""Residuals: a loss that is a sum of squares, taken apart into what is squared.

May import the language and `DenseObjective`; it must not know what is done with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol
from weakref import WeakKeyDictionary, ref

import numpy as np

from chainrule.engine.compiled import compiled_of
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of
from chainrule.engine.tidy import constant_value
from chainrule.errors import SettingError
from chainrule.language.elements.elementary import sqrt
from chainrule.language.expression import lift
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.folded import FoldedObjective
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.vector_function import VectorFunction
from chainrule.tables.columns import Floats

__all__ = ["Residuals", "residuals_of"]

Shape = tuple[int, ...]
MOST_TERMS = 10_000


@dataclass(frozen=True, slots=True)
class Term:
    """A part of the loss: `share` times the sum of weights * roots² * node over its elements.

    weights: what no parameter moves, to be 0 or more. roots: what is squared.
    """

    node: Any
    share: float = 1.0
    weights: tuple[Any, ...] = ()
    roots: tuple[Any, ...] = ()


class Splitter:
    """Takes a loss apart, with the shapes of its parts and what moves them at hand.

    is_weighted: whether there are data among the weights so far, whose signs have to be looked at.
    """

    __slots__ = ("_known", "inputs", "is_weighted", "loss", "names")

    def __init__(self, loss: DenseObjective) -> None:
        self.loss = loss
        self.names = frozenset(loss.packing.names)
        self.inputs = {
            name: np.shape(value)
            for name, value in {**loss.data, **loss.packing.unpack(loss.start)}.items()
        }
        self.is_weighted = False
        self._known: dict[Any, tuple[Shape, bool]] = {}

    def _learn(self, root: Any) -> None:
        program = flatten([root])
        shapes = shapes_of(program, {name: self.inputs[name] for name in program.inputs})
        moving = [slot for name, slot in program.inputs.items() if name in self.names]
        moves = program.depends_on(moving) if moving else [False] * len(program)
        for node, shape, moved in zip(program.nodes(), shapes, moves, strict=True):
            self._known[node] = (shape, moved)

    def shape(self, node: Any) -> Shape:
        """Return the shape of a node."""
        if node not in self._known:
            self._learn(node)
        return self._known[node][0]

    def moves(self, node: Any) -> bool:
        """Tell whether a parameter reaches a node."""
        if node not in self._known:
            self._learn(node)
        return self._known[node][1]

    def spread(self, term: Term) -> Shape:
        """Return the shape that a term has with its weights and roots."""
        parts = (term.node, *term.weights, *term.roots)
        return np.broadcast_shapes(*map(self.shape, parts))

    def scaled(self, term: Term, before: Term) -> Term:
        """Return a part of a term: elements that it repeats count as often as they did before."""
        ratio = math.prod(self.spread(before)) / max(math.prod(self.spread(term)), 1)
        return replace(term, share=before.share * ratio)

    def parts(self) -> list[Any]:
        """Return the residuals, expressions whose squares add up to the loss but for a constant.

        Raises: SettingError for a loss that is no sum of squares, naming the part that is none.
        """
        found: list[Any] = []
        waiting = [Term(self.loss.expression)]
        count = 0
        while waiting:
            term = waiting.pop()
            count += 1
            if count > MOST_TERMS:
                raise SettingError(f"the loss has more than {MOST_TERMS} terms to take apart.")
            if not self.moves(term.node):
                if term.roots:
                    found.append(self._residual(term))
                continue
            rule = RULES.get(algebra_of(term.node), through_meaning)
            made = rule(self, term)
            if made is None:
                raise self._refused(term.node)
            waiting.extend(reversed(made))
        return found

    def _residual(self, term: Term) -> Any:
        factor: Any = lift(1.0)
        for weight in (term.node, *term.weights):
            factor = factor * weight
        values = {name: self.loss.data[name] for name in flatten([factor]).inputs}
        self.is_weighted = self.is_weighted or bool(values)
        weights = np.asarray(lift(factor).eval(values)) * term.share
        if not np.all(weights >= 0):
            what = lift(term.roots[0])
            raise SettingError(
                f"the loss is no sum of squares: the square of {what} is in it with the weight "
                f"{float(np.min(weights)):.6g}. Take 'newton' or 'bfgs', which need none."
            )
        product: Any = sqrt(factor * term.share)
        for root in term.roots:
            product = product * root
        return lift(product)

    def _refused(self, node: Any) -> SettingError:
        return SettingError(
            f"the loss is no sum of squares: there is no square in {str(lift(node))[:200]}. "
            "Gauss-Newton and Levenberg-Marquardt need sums or means of squares, such as "
            "mean((m*x + b - y)**2). Take 'newton' or 'bfgs', which do not."
        )


def algebra_of(node: Any) -> str:
    """Return what the operation of a node is called in algebra; nothing for a leaf."""
    return str(getattr(node, "algebra", ""))


def through_sum(splitter: Splitter, term: Term) -> list[Term]:
    """Take both terms of a sum or a difference."""
    first, second = term.node.arguments
    other = replace(term, node=second)
    if algebra_of(term.node) == "difference":
        other = replace(other, weights=(*term.weights, lift(-1.0)))
    return [splitter.scaled(part, term) for part in (replace(term, node=first), other)]


def through_negation(_: Splitter, term: Term) -> list[Term]:
    """Keep the sign as a weight."""
    return [replace(term, node=term.node.arguments[0], weights=(*term.weights, lift(-1.0)))]


def through_product(splitter: Splitter, term: Term) -> list[Term] | None:
    """Take a factor that stays for a weight, or one that is a square for a root."""
    first, second = term.node.arguments
    if first is second:
        return [splitter.scaled(replace(term, node=lift(1.0), roots=(*term.roots, first)), term)]
    for factor, rest in ((first, second), (second, first)):
        if not splitter.moves(factor):
            made = replace(term, node=rest, weights=(*term.weights, factor))
            return [splitter.scaled(made, term)]
    for factor, rest in ((first, second), (second, first)):
        root = root_of(factor)
        if root is not None:
            made = replace(term, node=rest, roots=(*term.roots, root))
            return [splitter.scaled(made, term)]
    return None


def through_quotient(splitter: Splitter, term: Term) -> list[Term] | None:
    """Take a divisor that stays for a weight, or one that is a square for a root."""
    first, second = term.node.arguments
    if not splitter.moves(second):
        made = replace(term, node=first, weights=(*term.weights, lift(1.0 / second)))
    else:
        root = root_of(second)
        if root is None:
            return None
        made = replace(term, node=first, roots=(*term.roots, lift(1.0 / root)))
    return [splitter.scaled(made, term)]


def through_power(splitter: Splitter, term: Term) -> list[Term] | None:
    """Take half of an even power for a root."""
    root = root_of(term.node)
    if root is None:
        return None
    return [splitter.scaled(replace(term, node=lift(1.0), roots=(*term.roots, root)), term)]


def root_of(node: Any) -> Any:
    """Return what an even power is the square of, or None."""
    algebra = algebra_of(node)
    if algebra == "name":
        return root_of(node.arguments[0])
    if algebra == "product" and node.arguments[0] is node.arguments[1]:
        return node.arguments[0]
    if algebra != "power":
        return None
    base, power = node.arguments
    number = constant_value(power)
    if number is None or np.ndim(number) or number % 2 or number == 0:
        return None
    return base if number == 2 else lift(lift(base) ** int(number // 2))


def through_fold(splitter: Splitter, term: Term) -> list[Term] | None:
    """Take the elements of a sum or a mean, with the share that each of them has."""
    node = term.node
    inside = node.arguments[0]
    outer = math.prod(splitter.shape(node))
    if any(splitter.shape(part) != () for part in (*term.weights, *term.roots)):
        return None
    share = term.share
    if algebra_of(node) == "mean":
        share *= outer / max(math.prod(splitter.shape(inside)), 1)
    return [replace(term, node=inside, share=share)]


def through_dot(splitter: Splitter, term: Term) -> list[Term] | None:
    """Take the product of a vector with itself for a sum of squares."""
    first, second = term.node.arguments
    scalars = all(splitter.shape(part) == () for part in (*term.weights, *term.roots))
    if first is not second or len(splitter.shape(first)) != 1 or not scalars:
        return None
    return [replace(term, node=lift(1.0), roots=(*term.roots, first))]


def through_name(_: Splitter, term: Term) -> list[Term]:
    """Look behind a name."""
    return [replace(term, node=term.node.arguments[0])]


def through_meaning(_: Splitter, term: Term) -> list[Term] | None:
    """Look at what a composed operation means, as a mean of squared errors."""
    node = term.node
    operation = type(node)
    if operation.meaning is None:
        return None
    return [replace(term, node=lift(operation.meaning(*node.arguments, *node.attributes)))]


Rule = Callable[[Splitter, Term], list[Term] | None]
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "sum": through_sum,
        "difference": through_sum,
        "negation": through_negation,
        "product": through_product,
        "quotient": through_quotient,
        "power": through_power,
        "total": through_fold,
        "mean": through_fold,
        "matrix product": through_dot,
        "name": through_name,
    }
)


class Residuals(Protocol):
    """Residuals with their derivatives, in blocks of rows."""

    @property
    def program(self) -> Program:
        """What computes them."""

    def blocks(self, vector: Floats) -> Iterator[tuple[Any, Iterator[Floats]]]:
        """Compute derivatives and values (n + 1, rows) at the parameters (n,), some at a time."""

    def swept_block(self, vector: Floats) -> Floats:
        """Compute derivatives and values as one block, by sweeps."""


class FoldedResiduals:
    """Residuals of a loss whose data are read block by block."""

    __slots__ = ("__weakref__", "_loss", "program")

    def __init__(self, loss: FoldedObjective) -> None:
        # Not the loss itself, which they are kept with: neither would ever be let go.
        self._loss = ref(loss)
        self.program = program_of(loss.first)

    def _parts(self) -> Iterator[tuple[float, VectorFunction]]:
        loss = self._loss()
        assert loss is not None  # noqa: S101 - whoever asks holds it
        for share, block in loss.weighted():
            yield math.sqrt(share), VectorFunction(program_of(block), block)

    def blocks(self, vector: Floats) -> Iterator[tuple[Any, Iterator[Floats]]]:
        """Compute derivatives and values (n + 1, rows) at the parameters (n,), some at a time."""
        for scale, part in self._parts():
            for rows, blocks in part.blocks(vector):
                yield rows, scaled(blocks, scale)

    def swept_block(self, vector: Floats) -> Floats:
        """Compute derivatives and values as one block, by sweeps."""
        return np.hstack([scale * part.swept_block(vector) for scale, part in self._parts()])


def scaled(blocks: Iterator[Floats], scale: float) -> Iterator[Floats]:
    """Multiply blocks by a number, in place."""
    for block in blocks:
        np.multiply(block, scale, out=block)
        yield block


KNOWN: WeakKeyDictionary[Objective, Residuals] = WeakKeyDictionary()


def residuals_of(loss: Objective) -> Residuals:
    """Return the residuals of a loss, whose squares add up to it, but for a constant.

    Found in the formula: sums, means, weights that are data and 0 or more, even powers, products
    with squares. Raises: SettingError for a loss that is no sum of squares, and what is not.

    >>> from chainrule import expression, mean
    >>> m, x, y = expression("m"), expression("x"), expression("y")
    >>> data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 4.0, 6.0, 9.0]}
    >>> found = residuals_of(DenseObjective(mean((m * x - y) ** 2), {"m": 0.0}, data))
    >>> found.value(np.array([2.0])), found.jacobian(np.array([2.0])).ravel()
    (array([ 0. ,  0. ,  0. , -0.5]), array([0.5, 1. , 1.5, 2. ]))
    """
    known = KNOWN.get(loss)
    if known is None:
        if isinstance(loss, FoldedObjective):
            known = FoldedResiduals(loss)
        elif isinstance(loss, DenseObjective):
            known = VectorFunction(program_of(loss), loss)
        else:
            raise TypeError(loss)
        KNOWN[loss] = known
    return known


def program_of(loss: DenseObjective) -> Program:
    """Return the program of the residuals, found once for data and parameters of these shapes."""
    program = compiled_of(loss.expression).program
    splitter = Splitter(loss)
    key = "residuals", loss.moving, tuple(splitter.inputs.items())
    known: Program | None = program.notes.get(key)
    if known is None:
        known = flatten(splitter.parts())
        if not splitter.is_weighted:
            program.remember(key, known)
    return known
