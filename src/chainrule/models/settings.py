"""The settings of a fit, checked when it begins and not before.

May import NumPy, `errors` and the optimizers; it must not know which model they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import SettingError, ValueTypeError, closest
from chainrule.optimize.methods.method import Method
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.running.stopping import checked_batch_size
from chainrule.optimize.schedules import schedule_from_state
from chainrule.optimize.schedules.schedule import Schedule
from chainrule.optimize.solvers import optimizer_from_settings
from chainrule.optimize.solvers.solver import Solver
from chainrule.tables.columns import Floats

__all__ = [
    "RandomState",
    "Rate",
    "batch_seed",
    "batched",
    "checked_choice",
    "checked_epochs",
    "checked_rate",
    "either",
    "from_json",
    "given_start",
    "is_plain",
    "start",
    "to_json",
]

RandomState: TypeAlias = "int | np.random.Generator | np.random.RandomState | None"
Rate: TypeAlias = "float | str | Schedule | None"  # the only text is "auto"


def checked_rate(rate: object) -> Rate:
    """Return a learning rate as a float, or a schedule, "auto" or None, as they are.

    Raises: ValueTypeError for what is none of these; SettingError for a number that is not positive
    and finite, or another word.

    >>> checked_rate(-0.1)
    Traceback (most recent call last):
    chainrule.errors.SettingError: learning_rate must be positive and finite, not -0.1.
      For instance 0.01; or leave it out, and one that is stable is chosen.
    """
    if rate is None or isinstance(rate, Schedule):
        return rate
    hint = "For instance 0.01; or leave it out, and one that is stable is chosen."
    if isinstance(rate, str):
        if rate == "auto":
            return rate
        raise ValueTypeError(
            f"learning_rate must be a number, a schedule or 'auto', not {rate!r:.60}.\n  {hint}"
        )
    if isinstance(rate, bool | np.bool_) or not isinstance(rate, Real):
        raise ValueTypeError(f"learning_rate must be a number, not {rate!r}.\n  {hint}")
    number = float(rate)
    if not math.isfinite(number) or number <= 0:
        raise SettingError(f"learning_rate must be positive and finite, not {rate!r}.\n  {hint}")
    return number


def checked_epochs(n_epochs: object) -> int | None:
    """Return a number of epochs as an int, or None where it is left to the fit; 1e3 is 1000.

    Raises: ValueTypeError for what is no number; SettingError unless it is whole and positive.

    >>> checked_epochs(2.5)
    Traceback (most recent call last):
    chainrule.errors.SettingError: n_epochs must be a whole number from 1, not 2.5.
      For instance 1000; or leave it out together with learning_rate, and the fit converges.
    """
    if n_epochs is None:
        return None
    hint = "For instance 1000; or leave it out together with learning_rate, and the fit converges."
    if isinstance(n_epochs, bool) or not isinstance(
        n_epochs, int | np.integer | float | np.floating
    ):
        raise ValueTypeError(f"n_epochs must be a whole number, not {n_epochs!r}.\n  {hint}")
    if not math.isfinite(n_epochs) or n_epochs < 1 or n_epochs != int(n_epochs):
        raise SettingError(f"n_epochs must be a whole number from 1, not {n_epochs!r}.\n  {hint}")
    return int(n_epochs)


def checked_choice(setting: str, value: object, choices: Sequence[object]) -> None:
    """Check that a setting is one of its choices.

    Raises: SettingError that lists them.

    >>> checked_choice("reduction", "mena", ["mean", "sum"])
    Traceback (most recent call last):
    chainrule.errors.SettingError: reduction must be 'mean' or 'sum', not 'mena'. ...
    """
    # By type too: 1 equals True.
    if any(type(value) is type(choice) and value == choice for choice in choices):
        return
    *others, last = map(repr, choices)
    words = [choice for choice in choices if isinstance(choice, str)]
    hint = closest(value, words) if isinstance(value, str) else ""
    raise SettingError(f"{setting} must be {', '.join(others)} or {last}, not {value!r}.{hint}")


def batched(batch_size: object, reduction: str) -> int | None:
    """Return a number of rows at a time, None for all.

    Raises: SettingError for what is no whole number from 1, or for batches of a sum.

    >>> batched(2, "sum")
    Traceback (most recent call last):
    chainrule.errors.SettingError: batch_size=2 goes with reduction='mean', not 'sum': ...
    """
    size = checked_batch_size(batch_size)
    if size is not None and reduction == "sum":
        raise SettingError(
            f"batch_size={size} goes with reduction='mean', not 'sum': the sum over a batch is but "
            "a part of the sum over all rows, and so is its gradient.\n  Take reduction='mean', "
            "with a learning_rate that is as many times larger as there are rows."
        )
    return size


def start(random_state: RandomState, count: int) -> Floats:
    """Return parameters to start from: zeros, or standard normal ones from a seed or generator.

    Raises: ValueTypeError for what is no seed; SettingError for a negative one.

    >>> start(None, 2)
    array([0., 0.])
    """
    if random_state is None:
        return np.zeros(count)
    if isinstance(random_state, np.random.Generator | np.random.RandomState):
        return random_state.standard_normal(count)
    hint = "Give a whole number from 0, a NumPy generator, or None to start from zeros."
    whole = isinstance(random_state, int | np.integer)
    if isinstance(random_state, bool) or not whole:
        raise ValueTypeError(f"random_state cannot be {random_state!r}.\n  {hint}")
    if random_state < 0:
        raise SettingError(f"random_state cannot be negative: {random_state}.\n  {hint}")
    return np.random.default_rng(int(random_state)).standard_normal(count)


def given_start(given: Any, packing: Packing) -> Floats | None:
    """Return the parameters to start from as they were given by name; those left out are 0.

    Raises: ValueTypeError for what is no mapping to numbers; UnknownVariable for a name that the
    model lacks; SettingError for a number that is not finite.

    >>> given_start({"yint": 2}, Packing({"m0": 0.0, "yint": 0.0}))
    array([0., 2.])
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ValueTypeError(
            f"start must be a mapping from names to numbers, not {given!r:.60}.\n"
            '  For instance {"m0": 1.0, "yint": 0.0}.'
        )
    found = packing.pack({**dict.fromkeys(packing.names, 0.0), **given})
    for name, value in zip(packing.names, found.tolist(), strict=True):
        if not math.isfinite(value):
            raise SettingError(f"start: {name} is {value}. Start from a finite number.")
    return found


def batch_seed(random_state: RandomState) -> np.random.Generator:
    """Return what shuffles rows, from the seed or generator of a fit; None is 0.

    >>> int(batch_seed(7).integers(100)) == int(batch_seed(7).integers(100))
    True
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(int(random_state.randint(2**31 - 1)))
    # Not the seed alone, which drew the start already.
    return np.random.default_rng([int(random_state or 0), 1])


def is_plain(method: Method | Solver, batch_size: int | None) -> bool:
    """Tell whether this is gradient descent on all rows, without momentum or decay.

    >>> from chainrule.optimize.methods import gradient_descent
    >>> is_plain(gradient_descent(), None), is_plain(gradient_descent(), 32)
    (True, False)
    """
    bare = method.name == "gradient descent" and not any(method.options.values())
    return bare and batch_size is None


def either(given: Any, by_course: Any, name: str) -> Any:
    """Return an argument given by one of its two names.

    Raises: ValueTypeError where both are given.

    >>> either(None, [1.0], "X")
    [1.0]
    """
    if given is not None and by_course is not None:
        raise ValueTypeError(f"fit was given both {name} and {name}_fit: they are the same thing.")
    return by_course if given is None else given


def to_json(setting: Any) -> Any:
    """Return a setting as JSON can hold it: methods, solvers and schedules as mappings.

    Raises: SettingError for what holds code of the user's own.

    >>> from chainrule.optimize.methods import lion
    >>> to_json("adam"), to_json(lion())["name"]
    ('adam', 'lion')
    """
    if isinstance(setting, Method | Solver):
        return setting.to_settings()
    return setting.to_state() if isinstance(setting, Schedule) else setting


def from_json(name: str, setting: Any) -> Any:
    """Return the setting of that name that `to_json` wrote.

    Raises: FileFormatError, SettingError for a mapping that is none.

    >>> from chainrule.optimize.methods import lion
    >>> from_json("method", to_json(lion()))
    lion(betas=(0.9, 0.99), weight_decay=0.0)
    """
    if name == "method" and isinstance(setting, dict):
        return optimizer_from_settings(setting)
    if name == "learning_rate" and isinstance(setting, dict):
        return schedule_from_state(setting)
    return setting
