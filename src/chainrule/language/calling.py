"""How an operation is called: its parameters, and the words for a call that does not fit them.

The names come from the rules in the class body, such as `partials(y, a, b)` or `meaning(x, slope)`,
and from its `keywords`: nobody writes them twice. Knows no operation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from types import CodeType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from chainrule.errors import OperationError, closest

__all__ = ["Operands", "bind", "given_its_name", "operands_of_rule", "signature_of", "usage"]

# The rules that take operands, and how many parameters stand before them.
_RULES = (("meaning", 0), ("partials", 1), ("weights", 1), ("pull", 2), ("push", 2))
_LETTERS = "abcdefgh"  # for the operands of a NumPy function, which names none


class Operands(NamedTuple):
    """What the rules in a class body say of the operands."""

    arity: tuple[int, int | None] = (1, None)  # least and most; None: any number
    names: tuple[str, ...] = ("operands",)
    defaults: tuple[Any, ...] = ()  # of the last ones


def operands_of_rule(body: Mapping[str, Any], forward: Any, attributes: int) -> Operands:
    """Read from the signature of a rule how many operands there are, and what they are called."""
    for name, before in _RULES:
        rule = body.get(name)
        rule = rule.__func__ if isinstance(rule, staticmethod) else rule
        if rule is None:
            continue
        # Not inspect.signature: over all the words it takes longer than all the rest.
        code: CodeType = rule.__code__
        if code.co_flags & inspect.CO_VARARGS:
            return Operands(names=(code.co_varnames[code.co_argcount + code.co_kwonlyargcount],))
        most = code.co_argcount - before - attributes
        defaults = rule.__defaults__ or ()
        defaults = defaults[: max(len(defaults) - attributes, 0)]  # the rest are of attributes
        names = code.co_varnames[before : before + most]
        return Operands((most - len(defaults), most), names, defaults)
    if isinstance(forward, np.ufunc):
        names = ("x",) if forward.nin == 1 else tuple(_LETTERS[: forward.nin])
        return Operands((forward.nin, forward.nin), names)
    return Operands()


def bind(
    cls: Any, positional: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Sort what a call gives, by position and by name, into operands and attributes.

    Raises: OperationError for a call that does not fit, with the operation's parameters.
    """
    least, most = cls.arity
    known = [*(cls.parameters if most is not None else ()), *cls.keywords]
    for word in named:
        if word not in known:
            refuse(cls, f"has no parameter {word!r}", closest(word, known))
    if most is None:
        if cls.listed and positional and isinstance(positional[0], list | tuple):
            after = dict(zip(cls.keywords, positional[1:], strict=False))
            twice = sorted(after.keys() & named.keys())
            if twice or len(positional) > 1 + len(after):
                refuse(cls, f"is given {twice[0]!r} twice" if twice else "is given too much")
            positional, named = tuple(positional[0]), {**named, **after}
        ahead = [word for word in cls.positional if word not in named]
        first = dict(zip(ahead, positional, strict=False))
        rest = positional[len(ahead) :]
        if len(rest) < least:
            refuse(cls, f"takes {in_words(least, most)}, not {len(rest)}")
        return rest, {**first, **named}
    names = cls.parameters
    if len(positional) + len(named.keys() & set(names)) > most:
        names = cls.positional or names  # as in range(start, stop), what comes first is optional
    if len(positional) > len(names):
        refuse(cls, f"takes {in_words(least, most)}, not {len(positional)}")
    given = dict(zip(names, positional, strict=False))
    for word, value in named.items():
        if word in given:
            refuse(cls, f"is given {word!r} twice")
        given[word] = value
    absent = [name for name in cls.parameters[:least] if name not in given]
    if absent:
        if not named:
            refuse(cls, f"takes {in_words(least, most)}, not {len(positional)}")
        refuse(cls, f"lacks {' and '.join(absent)}")
    given = {**dict(zip(cls.parameters[least:], cls.defaults, strict=True)), **given}
    return tuple([given.pop(name) for name in cls.parameters]), given


def refuse(cls: Any, words: str, meant: str = "") -> NoReturn:
    """Raise the error for a call that does not fit, with the call that does."""
    advice = f" {cls.advice}" if cls.advice and not meant else ""
    raise OperationError(f"{called(cls)} {words}: {usage(cls)}.{meant}{advice}")


def called(cls: Any) -> str:
    """Return the name that an operation is called by: that of its function, if it has one."""
    return str(cls.notation.name or cls.__name__)


def usage(cls: Any) -> str:
    """Write how an operation is called: elu(x, alpha=1.0)."""
    return f"{called(cls)}{signature_of(cls)}"


def in_words(least: int, most: int | None) -> str:
    """Say how many operands an operation takes."""
    if most is None:
        return f"{least} operand{'s' * (least != 1)} or more"
    if least != most:
        return f"{least} to {most} operands"
    return f"{least} operand{'s' * (least != 1)}"


def signature_of(cls: Any) -> Signature:
    """Return the parameters of an operation: its operands, then its attributes by name."""
    either, by_name = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
    if cls.arity[1] is None:
        listed = [Parameter(word, either) for word in cls.positional]
        kind = either if cls.listed else Parameter.VAR_POSITIONAL
        listed.append(Parameter(cls.parameters[0], kind))
    else:
        first = cls.arity[0]
        names = cls.positional or cls.parameters
        defaults = dict(zip(cls.parameters[first:], cls.defaults, strict=True))
        listed = [Parameter(n, either, default=defaults.get(n, Parameter.empty)) for n in names]
    listed += [
        Parameter(word, by_name, default=default)
        for word, default in cls.keywords.items()
        if word not in cls.positional
    ]
    return Signature(listed)


def given_its_name(function: Callable[..., Any], cls: Any) -> None:
    """Call the first parameter of a function what the rule calls it, for a call such as sin(x=2.0).

    In its code, for a parameter that takes any name would cost a third of a small call.
    """
    code = function.__code__
    names = (cls.parameters[0], *code.co_varnames[1:])
    function.__code__ = code.replace(co_varnames=names)
