"""`Walk`: where a descent was at each entry, from whatever wrote it down.

A trace, a history of a fit, a mapping of arrays or one array: the other modules see one thing.
May import NumPy and `errors`; it must not know who descends, nor on what.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.errors import SettingError, ShapeError, UnknownVariable, ValueTypeError, closest
from chainrule.tables.columns import Floats

__all__ = ["Walk", "curves_of", "losses_of", "walk_of"]

KINDS = (
    "Give a trace, the history of a fit, a dict from names to arrays, or an array with a row an "
    "entry."
)


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """The parameters at each of n entries, the start first, and the losses where they are known.

    parameters: by name, each (n, ...). elements: by name too, each (n,), an array's as w[0], w[1].
    method: what led the way, in words, or "". kept: the epochs of the entries, where some are left
    out.
    """

    parameters: dict[str, Floats]
    losses: Floats | None = None
    method: str = ""
    kept: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.parameters.values())))

    @property
    def epochs(self) -> Sequence[int]:
        """The epoch of each entry, counted from 0."""
        return self.kept or range(len(self))

    @property
    def story(self) -> str:
        """How long it is, in words.

        >>> Walk({"m": np.zeros(3)}).story, Walk({"m": np.zeros(2)}, kept=(0, 9)).story
        ('2 epochs', '9 epochs, of which 2 points are known')
        """
        count = self.epochs[-1]
        known = f", of which {len(self)} points are known" if self.kept else ""
        return f"{count:,} epoch{'s' * (count != 1)}{known}"

    def until(self, epoch: int) -> int:
        """Return how many entries there are up to an epoch, itself included."""
        return bisect_right(self.epochs, epoch)

    @property
    def elements(self) -> dict[str, Floats]:
        """Every number of the parameters by name, (n,) each.

        >>> list(Walk({"m": np.zeros(3), "w": np.zeros((3, 2))}).elements)
        ['m', 'w[0]', 'w[1]']
        """
        found = {}
        for name, values in self.parameters.items():
            for place in np.ndindex(values.shape[1:]):
                index = f"[{', '.join(map(str, place))}]" if place else ""
                found[name + index] = values[(slice(None), *place)]
        return found

    def along(self, names: Sequence[str]) -> Floats:
        """Return the entries of some elements, (n, k).

        Raises: UnknownVariable for one that the walk lacks.
        """
        elements = self.elements
        for name in names:
            if name not in elements:
                listed = ", ".join(map(repr, elements))
                raise UnknownVariable(
                    f"the trace has no parameter {name!r}, which is to be drawn. "
                    f"Its parameters: {listed}.{closest(name, elements)}"
                )
        return np.stack([elements[name] for name in names], axis=1)

    def at(self, entry: int) -> dict[str, Any]:
        """Return the parameters at an entry."""
        return {
            name: values[entry].copy() if values.ndim > 1 else float(values[entry])
            for name, values in self.parameters.items()
        }

    def best(self) -> int:
        """Return the entry of the least loss, or the last one where losses are not known."""
        if self.losses is None or not np.isfinite(self.losses).any():
            return len(self) - 1
        return int(np.nanargmin(np.where(np.isfinite(self.losses), self.losses, np.nan)))


def walk_of(run: Any, names: Sequence[str]) -> Walk:
    """Read what a descent wrote down.

    names: what the columns of a plain array are, in order.
    Raises: ValueTypeError for what is no descent; ShapeError for one without entries, or of
    lengths that differ.

    >>> walk_of([[0.0, 1.0], [0.5, 0.5]], ["x", "y"]).parameters["y"]
    array([1. , 0.5])
    """
    recorded = getattr(run, "parameters", None)
    if isinstance(recorded, Mapping):
        method = getattr(run, "method", "")
        kept = getattr(run, "kept", None)
        losses = np.asarray(run.loss)
        if kept is None or len(kept) == len(losses):
            kept = ()
        else:
            losses = losses[kept]
        found = walk(recorded, losses, str(getattr(method, "name", method) or ""))
        return replace(found, kept=tuple(map(int, kept)))
    if recorded is not None and hasattr(run, "final"):
        # A history keeps apart where its last epoch led.
        ends = [run.final.parameters[name] for name in run.names]
        rows = np.vstack([recorded, ends])
        return walk(dict(zip(run.names, rows.T, strict=True)), losses_of(run))
    if isinstance(run, Mapping):
        return walk(run)
    try:
        rows = np.asarray(run, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueTypeError(f"{type(run).__name__} is no path to draw. {KINDS}") from error
    if rows.ndim == 1 and len(names) == 1:
        rows = rows[:, np.newaxis]
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ShapeError(
            f"a path along {', '.join(map(repr, names))} has a row an entry and {len(names)} "
            f"column{'s' * (len(names) > 1)}, but this one has shape {rows.shape}. {KINDS}"
        )
    return walk(dict(zip(names, rows.T, strict=True)))


def walk(parameters: Mapping[Any, Any], losses: Any = None, method: str = "") -> Walk:
    """Make a walk, checked.

    Raises: ShapeError unless all have one number of entries, and at least one.
    """
    arrays: dict[str, Floats] = {
        getattr(name, "name", name): np.asarray(values, dtype=np.float64)
        for name, values in parameters.items()
    }
    if losses is not None:
        losses = np.asarray(losses, dtype=np.float64)
    given = {**arrays, **({} if losses is None else {"loss": losses})}
    lengths = {name: len(values) if values.ndim else 0 for name, values in given.items()}
    if not arrays or len(set(lengths.values())) > 1 or 0 in lengths.values():
        found = ", ".join(f"{name!r} {length}" for name, length in lengths.items()) or "nothing"
        raise ShapeError(
            f"a path needs the same number of entries for each name, at least one; found: {found}."
        )
    return Walk(arrays, losses, method)


def losses_of(run: Any) -> Any:
    """Return the loss at each entry of a descent, the end included, or what was given as it is."""
    losses = getattr(run, "loss", None)
    if losses is None:
        return run
    if hasattr(run, "names") and hasattr(run, "final"):
        return np.append(losses, run.final.loss)
    return losses


def curves_of(runs: Any) -> dict[str, Any]:
    """Return losses by name, of one run, of several by name or rate, or of a study of several.

    Raises: SettingError for two of one name.

    >>> curves_of({0.1: [2.0, 1.0], 0.01: [2.0, 1.9]})
    {'0.1': [2.0, 1.0], '0.01': [2.0, 1.9]}
    """
    studied = getattr(runs, "losses", None)
    if isinstance(studied, Mapping):
        runs = studied
    if not isinstance(runs, Mapping):
        method = getattr(runs, "method", "")
        return {str(getattr(method, "name", method) or "loss"): losses_of(runs)}
    found: dict[str, Any] = {}
    for key, run in runs.items():
        name = f"{key:g}" if isinstance(key, int | float | np.number) else str(key)
        if name in found:
            raise SettingError(f"two curves are called {name!r}. Give each a name of its own.")
        found[name] = losses_of(run)
    return found
