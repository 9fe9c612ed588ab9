"""Methods by name: the classical one, or that of PyTorch's class, and their options.

May import all methods and transforms; it must not know the loop that calls them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from chainrule.errors import FileFormatError, SettingError, closest
from chainrule.optimize.methods.adaptive import adagrad, adam, adamw, amsgrad, nadam, rmsprop
from chainrule.optimize.methods.method import ChainLink, Method, Transform
from chainrule.optimize.methods.plain import gradient_descent, lion, momentum, nesterov
from chainrule.optimize.methods.transforms import (
    chain,
    clip_by_norm,
    clip_by_value,
    coupled_weight_decay,
    decoupled_weight_decay,
)
from chainrule.optimize.settings import nearest_first

__all__ = [
    "ALIASES",
    "METHODS",
    "as_method",
    "made",
    "method_from_settings",
    "method_named",
    "no_method",
    "plain_name",
]

Made = TypeVar("Made")

METHODS: Mapping[str, Callable[..., Method]] = MappingProxyType(
    {
        "gradient descent": gradient_descent,
        "momentum": momentum,
        "nesterov": nesterov,
        "adagrad": adagrad,
        "rmsprop": rmsprop,
        "adam": adam,
        "adamw": adamw,
        "amsgrad": amsgrad,
        "nadam": nadam,
        "lion": lion,
    }
)
# Other names, in lower case. PyTorch's Adagrad, RMSprop, Adam, AdamW and NAdam differ by case only.
ALIASES = {
    "sgd": "gradient descent",
    "gd": "gradient descent",
    "steepest descent": "gradient descent",
    "stochastic gradient descent": "gradient descent",
    "heavy ball": "momentum",
    "nag": "nesterov",
    "nesterov momentum": "nesterov",
    "accelerated gradient": "nesterov",
}
_TRANSFORMS: Mapping[str, Callable[..., Transform]] = MappingProxyType(
    {
        "clip by norm": clip_by_norm,
        "clip by value": clip_by_value,
        "coupled weight decay": coupled_weight_decay,
        "decoupled weight decay": decoupled_weight_decay,
    }
)


def method_named(name: str, **options: Any) -> Method:
    """Make a method from its name, written in any case, with spaces, hyphens or underscores.

    Raises: SettingError for a name that no method has, listing all, the closest first; and for an
    option that the method lacks, or a value that it cannot have.

    >>> method_named("AdamW", weight_decay=0.1)
    adamw(betas=(0.9, 0.999), eps=1e-08, weight_decay=0.1, amsgrad=False)
    >>> method_named("SGD")
    gradient_descent(momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False)
    """
    return made(METHODS[_canonical(name)], options)


def as_method(method: str | ChainLink, **options: Any) -> Method:
    """Return a method as it is, or make it from its name.

    Raises: SettingError for what is neither, or for options beside a method that is already made.

    >>> as_method("lion")
    lion(betas=(0.9, 0.99), weight_decay=0.0)
    """
    if isinstance(method, str):
        return method_named(method, **options)
    if isinstance(method, Transform):
        raise SettingError(
            f"{method.name} changes gradients or steps, but makes none.\n"
            f"  Chain it with a method: chain({method!r}, gradient_descent())."
        )
    if not isinstance(method, Method):
        raise no_method(method, list(METHODS))
    if options:
        raise SettingError(
            f"{method!r} has its options already; {', '.join(map(repr, options))} cannot be added."
            "\n  Give them where the method is made."
        )
    return method


def no_method(given: object, names: list[str]) -> SettingError:
    """Build the error for what is neither a name nor a method."""
    called = getattr(given, "__name__", "")
    if callable(given) and plain_name(called) in map(plain_name, names):
        return SettingError(
            f"method is the maker {called}, not what it makes: call it, {called}()."
        )
    return SettingError(
        f"method must be a name or a method, not {given!r:.60}.\n"
        f"  Names: {', '.join(map(repr, names))}."
    )


def method_from_settings(settings: Mapping[str, Any]) -> Method:
    """Make a method from what `to_settings` returned, a chain with all its parts.

    Raises: FileFormatError for what is no such thing; SettingError for a name or option that no
    method has.

    >>> from chainrule.optimize.methods.transforms import chain, clip_by_value
    >>> method = chain(clip_by_value(2.0), adagrad())
    >>> repr(method_from_settings(method.to_settings())) == repr(method)
    True
    """
    name = _entry(settings, "name", str)
    if name != "chain":
        return made(METHODS[_canonical(name)], _entry(settings, "options", Mapping))
    return chain(*(_part(part) for part in _entry(settings, "parts", list)))


def _part(settings: Mapping[str, Any]) -> ChainLink:
    name = _entry(settings, "name", str)
    # A chain within a chain has been taken apart when it was made.
    if name in _TRANSFORMS:
        return made(_TRANSFORMS[name], _entry(settings, "options", Mapping))
    return made(METHODS[_canonical(name)], _entry(settings, "options", Mapping))


def _entry(settings: Mapping[str, Any], key: str, kind: type) -> Any:
    found = settings.get(key) if isinstance(settings, Mapping) else None
    if not isinstance(found, kind):
        raise FileFormatError(
            f"the settings of a method must have a {kind.__name__.lower()} under {key!r}, "
            f"not {settings!r:.80}.\n  They are what method.to_settings() returns."
        )
    return found


def plain_name(name: str) -> str:
    """Return a name in lower case, its words parted by single spaces.

    Raises: SettingError for what is no text.

    >>> plain_name("Gauss_Newton") == plain_name("gauss-newton")
    True
    """
    if not isinstance(name, str):
        raise SettingError(f"the name of a method must be text, not {name!r:.60}.")
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _canonical(name: str) -> str:
    plain = plain_name(name)
    plain = ALIASES.get(plain, plain)
    if plain in METHODS:
        return plain
    known = [*METHODS, *ALIASES]
    meant = closest(plain, known)
    listed = ", ".join(map(repr, nearest_first(plain, list(METHODS))))
    raise SettingError(f"no method is called {name!r:.60}.{meant}\n  Methods: {listed}.")


def made(maker: Callable[..., Made], options: Mapping[str, Any]) -> Made:
    """Call a maker with options by name.

    Raises: SettingError for an option that it lacks, listing those it has, the closest first.

    >>> made(momentum, {"momentm": 0.5})
    Traceback (most recent call last):
    chainrule.errors.SettingError: momentum has no option 'momentm'. Did you mean 'momentum'?
      Options: 'momentum', ...
    """
    known = list(inspect.signature(maker).parameters)
    for option in options:
        if option not in known:
            listed = ", ".join(map(repr, nearest_first(str(option), known))) or "none"
            raise SettingError(
                f"{maker.__name__} has no option {option!r}.{closest(str(option), known)}\n"
                f"  Options: {listed}."
            )
    return maker(**options)
