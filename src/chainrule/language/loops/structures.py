"""Numbers in tuples, lists and dicts, taken apart and put together again.

What a loop carries may be one expression or a structure of them; a loop itself knows a row only.
Knows no operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.errors import ValueTypeError

__all__ = ["leaves_of", "like", "names_of_leaves"]


def children(value: Any) -> list[tuple[str, Any]] | None:
    """Return what a tuple, list or dict holds, with a word for each place; None for a leaf."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, tuple | list):
        return [(str(number), item) for number, item in enumerate(value, 1)]
    return None


def leaves_of(value: Any) -> list[Any]:
    """List the leaves of a structure in order; None is a structure without any.

    >>> leaves_of({"a": (1, 2), "b": None, "c": [3]})
    [1, 2, 3]
    """
    if value is None:
        return []
    inside = children(value)
    if inside is None:
        return [value]
    return [leaf for _, item in inside for leaf in leaves_of(item)]


def names_of_leaves(value: Any, name: str) -> list[str]:
    """Name each leaf of a structure after its place.

    >>> names_of_leaves({"a": (1, 2), "b": 3}, "s")
    ['s_a_1', 's_a_2', 's_b']
    """
    if value is None:
        return []
    inside = children(value)
    if inside is None:
        return [name]
    return [leaf for word, item in inside for leaf in names_of_leaves(item, f"{name}_{word}")]


def like(value: Any, leaves: Sequence[Any]) -> Any:
    """Return a structure of the same form with other leaves.

    >>> like({"a": (1, 2), "b": None}, [5, 6])
    {'a': (5, 6), 'b': None}
    """
    waiting = iter(leaves)
    return rebuilt(value, lambda: next(waiting))


def rebuilt(value: Any, leaf: Callable[[], Any]) -> Any:
    """Build a structure again, each leaf being what the next call gives."""
    if value is None:
        return None
    inside = children(value)
    if inside is None:
        return leaf()
    made = [rebuilt(item, leaf) for _, item in inside]
    if isinstance(value, Mapping):
        return dict(zip(value, made, strict=True))
    return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)


def same_form(one: Any, other: Any) -> bool:
    """Tell whether two structures have leaves in the same places."""
    if one is None or other is None:
        return one is other
    left, right = children(one), children(other)
    if left is None or right is None:
        return left is right
    if isinstance(one, Mapping) != isinstance(other, Mapping) or len(left) != len(right):
        return False
    if isinstance(one, Mapping):
        pairs = [(one[key], other.get(key, ...)) for key in one]
        return all(there is not ... and same_form(item, there) for item, there in pairs)
    return all(same_form(a, b) for (_, a), (_, b) in zip(left, right, strict=True))


def leaves_in_order(found: Any, form: Any, what: str) -> list[Any]:
    """Return the leaves of what a step gave, in the order of the form that it must have.

    Raises: ValueTypeError where it has another form.
    """
    if not same_form(form, found):
        raise ValueTypeError(
            f"{what} is {in_words(form)} and becomes {in_words(found)} in a step. "
            "Return it in the form in which it came."
        )
    if isinstance(form, Mapping):
        parts = [leaves_in_order(found[key], form[key], what) for key in form]
        return [leaf for part in parts for leaf in part]
    inside, other = children(form), children(found)
    if inside is None or other is None:
        return leaves_of(found)
    pairs = zip(inside, other, strict=True)
    return [leaf for (_, a), (_, b) in pairs for leaf in leaves_in_order(b, a, what)]


def in_words(value: Any) -> str:
    """Write the form of a structure, with a dot for each leaf."""
    if value is None:
        return "None"
    inside = children(value)
    if inside is None:
        return "one expression"
    kind = "dict" if isinstance(value, Mapping) else type(value).__name__
    if isinstance(value, Mapping):
        return f"a dict of {', '.join(word for word, _ in inside) or 'nothing'}"
    return f"a {kind} of {len(inside)}"
