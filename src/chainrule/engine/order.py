"""Walks over a graph with a stack of their own, so that no depth is too deep.

Every algorithm of the engine is a `for` over one of these orders.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from chainrule.engine.node import Node

__all__ = ["order"]


def order(roots: Iterable[Node], known: Container[Node] = ()) -> list[Node]:
    """List every node under the roots once, arguments before the nodes that use them.

    Arguments come left to right, so the order is the same on every machine. Linear in nodes and
    edges. known: nodes to stop at, which are not listed.
    """
    done: set[Node] = set()
    listed: list[Node] = []
    stack = list(roots)
    stack.reverse()
    while stack:
        top = stack[-1]
        if top in done or top in known:
            stack.pop()
            continue
        waiting = [
            argument for argument in top.arguments if argument not in done and argument not in known
        ]
        if waiting:
            waiting.reverse()
            stack.extend(waiting)
        else:
            stack.pop()
            done.add(top)
            listed.append(top)
    return listed
