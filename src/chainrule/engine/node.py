"""The immutable, interned node.

Building the same class with the same arguments and attributes twice gives the same object, so
identity is equality, sharing is free and a node can be a dictionary key. The pool holds weak
references: a node that nobody uses leaves it. Knows nothing of what a node means.
"""

from __future__ import annotations

import math
import struct
import threading
import weakref
from typing import Any, TypeVar

import numpy as np

__all__ = ["Node", "identity_of", "intern", "pool_size"]

SomeNode = TypeVar("SomeNode", bound="Node")


class Node:
    """A place in a graph: a class, the arguments it is applied to, and its attributes."""

    __slots__ = ("__weakref__", "arguments", "attributes", "compiled", "sizes")

    arguments: tuple[Node, ...]
    attributes: tuple[Any, ...]
    # What has been worked out about the graph under this node; never part of identity.
    compiled: Any
    sizes: Any  # its shape before there are values, see engine/inference.py

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a {type(self).__name__} is immutable: {name!r} cannot be set. Build a new one."
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} is immutable: {name!r} cannot be deleted.")


# Slots are written through their descriptors, since `Node.__setattr__` refuses everybody.
_set_arguments = Node.__dict__["arguments"].__set__
_set_attributes = Node.__dict__["attributes"].__set__
set_compiled = Node.__dict__["compiled"].__set__
set_sizes = Node.__dict__["sizes"].__set__


class _Entry(weakref.ref[Node]):
    __slots__ = ("key", "pool")
    key: tuple[Any, ...]
    pool: dict[tuple[Any, ...], _Entry]


# A pool for every class: the key is then the very tuple of arguments that the node has anyway.
_pools: dict[type, dict[tuple[Any, ...], _Entry]] = {}
# Re-entrant: a garbage collection inside the locked part may run `_forget` in the same thread.
_lock = threading.RLock()


def _forget(entry: _Entry, lock: threading.RLock = _lock) -> None:
    with lock:  # held by a default: nodes are freed when the globals of this module are gone too
        if entry.pool.get(entry.key) is entry:
            del entry.pool[entry.key]


def intern(
    operation: type[SomeNode], arguments: tuple[Node, ...], attributes: tuple[Any, ...] = ()
) -> SomeNode:
    """Return the one node of this class with these arguments and attributes.

    Thread-safe: a hit takes no lock; a miss takes it and looks again.
    """
    pool = _pools.get(operation)
    if pool is None:
        pool = _pools.setdefault(operation, {})
    key = (arguments, identity_of(attributes)) if attributes else arguments
    entry = pool.get(key)
    if entry is not None:
        found = entry()
        if found is not None:
            return found  # type: ignore[return-value]  # the pool is that of the class
    with _lock:
        entry = pool.get(key)
        if entry is not None:
            found = entry()
            if found is not None:
                return found  # type: ignore[return-value]  # the pool is that of the class
        made = object.__new__(operation)
        _set_arguments(made, arguments)
        _set_attributes(made, attributes)
        set_compiled(made, None)
        set_sizes(made, None)
        entry = _Entry(made, _forget)
        entry.key, entry.pool = key, pool
        pool[key] = entry
        return made


def pool_size() -> int:
    """Count the nodes alive in this process."""
    return sum(len(pool) for pool in list(_pools.values()))


def identity_of(value: Any) -> Any:
    """Return a hashable key under which two values are the same: type and bits, not `==`.

    1, 1.0, True, 0.0 and -0.0 all differ; a NaN equals a NaN of the same bits.

    >>> identity_of(1) == identity_of(1.0)
    False
    >>> identity_of(float("nan")) == identity_of(float("nan"))
    True
    """
    kind = type(value)
    if kind is float:
        plain = value != 0 and not math.isnan(value)
        return (kind, value) if plain else (kind, struct.pack("d", value))
    if kind is tuple:
        return tuple([identity_of(item) for item in value])
    if kind is slice:  # not hashable before Python 3.12
        return (kind, identity_of((value.start, value.stop, value.step)))
    if kind is complex:
        return (kind, identity_of((value.real, value.imag)))
    return (kind, bits_of(value))


def bits_of(value: Any) -> Any:
    """Return what tells apart two values of one type: the bits of NumPy's, others themselves."""
    if isinstance(value, np.generic):
        return value.tobytes()
    if isinstance(value, np.ndarray):
        # A digest, not the bytes: the pool must not keep a second copy of a large constant.
        from hashlib import blake2b  # noqa: PLC0415 - loads OpenSSL, for array constants only

        digest = blake2b(np.ascontiguousarray(value).tobytes(), digest_size=32).digest()
        return value.dtype.str, value.shape, digest
    return value
