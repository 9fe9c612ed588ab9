"""The chain rule written out for every variable: path by path, with the numbers put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from chainrule.draw.computation import GraphEdge, GraphNode, Path
from chainrule.draw.page.contents import Contents, distinct, equation, one, product, short_formula
from chainrule.draw.page.parts import Number, Parts
from chainrule.draw.picture.wires import edge_key
from chainrule.language.explaining.chain_rule import Factor
from chainrule.language.explaining.recorded import local_derivative

__all__ = ["Rule", "Share", "rules"]

MOST_PATHS = 9  # of one variable: as many as there are keys for
MOST_FACTORS = 12  # of one path; the middle of a longer one is left out
MOST_ROWS = 4  # that are written out where elements are summed


@dataclass(frozen=True, slots=True)
class Share:
    """One path of a chain rule: its edges, and what is written of it, each equal to the next."""

    edges: tuple[str, ...]
    nodes: tuple[str, ...]
    stages: tuple[Parts, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """The chain rule of one variable or named step: a share for each path, and their sum."""

    node: str
    name: str
    left: str
    shares: tuple[Share, ...]
    count: int
    total: Parts


def rules(contents: Contents) -> list[Rule]:
    """Write out the chain rule for every variable and named step that has a path."""
    return [
        _rule(contents, node)
        for node in contents.graph.nodes
        if node.is_named
        and node.id != contents.graph.output
        and any(edge.on_path for edge in contents.graph.out_of(node.id))
    ]


def _rule(contents: Contents, node: GraphNode) -> Rule:
    paths = contents.graph.paths(node.id, limit=MOST_PATHS)
    count = contents.graph.count_paths(node.id)
    numbers = [_share_number(contents, path) for path in paths]
    shares = tuple(
        Share(
            tuple(edge_key(edge) for edge in path.edges),
            path.nodes,
            _share(contents, path, number),
        )
        for path, number in zip(paths, numbers, strict=True)
    )
    total = contents.adjoints[node.id]
    terms: list[str | Number] = []
    if count > 1 and all(number is not None for number in numbers):
        for number in numbers:
            terms += [" + "] * bool(terms)
            terms += one(number, bracketed=True)
        terms += [" + …"] * (count > len(paths))
    left = contents.total_by(node.id)
    return Rule(node.id, node.name, left, shares, count, equation([[left], terms, one(total)]))


def _share_number(contents: Contents, path: Path) -> Number | None:
    places = [edge.place for edge in path.edges if edge.place is not None]
    return contents.ledger.add(path.contribution, contents.live and contents.live.share(places))


def _share(contents: Contents, path: Path, share: Number | None) -> tuple[Parts, ...]:
    edges = path.edges[::-1]
    return distinct(
        [
            joined(edges, contents.symbol),
            joined(edges, partial(factor, contents)),
            _product(contents, edges, share),
            one(share),
        ]
    )


def factor(contents: Contents, edge: GraphEdge) -> str:
    """Write the formula of a local derivative as a factor, in brackets where it needs them."""
    if edge.place is None or not edge.formula:
        words = short_formula(edge.formula) or contents.symbol(edge)
        return f"({words})" if any(sign in words[1:] for sign in " +−/") else words
    formula = local_derivative(contents.steps, *edge.place)
    names = contents.nodes[edge.head].name, contents.nodes[edge.tail].name
    return short_formula(Factor(*names, formula, None).written().text)


def joined(edges: Sequence[GraphEdge], write: Callable[[GraphEdge], str]) -> Parts:
    """Write a product of one factor an edge; the middle of a long one is left out."""
    if len(edges) <= MOST_FACTORS:
        return [" · ".join(map(write, edges))]
    half = MOST_FACTORS // 2
    return [" · ".join([*map(write, edges[:half]), "…", *map(write, edges[-half:])])]


def _product(contents: Contents, edges: Sequence[GraphEdge], share: Number | None) -> Parts:
    """Write the product of the numbers along a path; of columns, row by row where few."""
    factors = [contents.locals[edge_key(edge)] for edge in edges]
    if share is None or not 2 <= len(factors) <= MOST_FACTORS or None in factors:
        return []
    shapes = {np.shape(edge.local) for edge in edges} - {()}
    if not shapes or np.shape(contents.ledger.value_of(share)):
        return product(factors)
    (length, *_), *others = shapes
    if others or length > MOST_ROWS:
        return ["Σ ", *product(factors)]
    made: list[str | Number] = []
    for row in range(length):
        made += [" + "] * bool(made) + list(product(factors, row))
    return made
