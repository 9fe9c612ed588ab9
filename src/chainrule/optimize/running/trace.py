"""What a run gives back, also one that was stopped: every epoch, and how it ended.

May import the shapes of parameters and what a notebook shows; it must not know how a run is made.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileFormatError, ValueTypeError
from chainrule.optimize.problem.constraints import FEASIBLE
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.running.display import history, loss_picture
from chainrule.optimize.running.outcome import Outcome
from chainrule.optimize.saving.archive import part, read_document, write_document
from chainrule.report import Document, Report, Section, Sentence
from chainrule.tables.columns import Floats

__all__ = ["STATUSES", "Entry", "Told", "Trace", "best_of", "load_trace", "rank", "shapes_in"]

# How a run ended, in words alone where nothing else was kept, or what works it out.
Told: TypeAlias = Outcome | str | Callable[[], Outcome]

STATUSES = ("finished", "converged", "stopped", "diverged", "interrupted", "failed")
_FORMAT, _VERSION = "chainrule trace", 1
_FIGURES = ("loss", "gradient_norm", "rate", "seconds")
MOST_COLUMNS = 1_000  # of a dataframe


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a run stands after an epoch.

    epoch: how many are done; 0 is the start. rate: that of the epoch which led here, NaN at the
    start and where the method finds its own steps. seconds: since the start of the run.
    parameters: by name; empty where they were not kept. validation_loss: of the data held out.
    broken: by how much the worst constraint is, where there are any.
    """

    epoch: int
    loss: float
    gradient_norm: float
    rate: float
    seconds: float
    parameters: dict[str, Any]
    validation_loss: float | None = None
    broken: float | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Report):
    """Every epoch of a run, as a sequence of `Entry` and as arrays, and how the run ended.

    Entry 0 is the start, so there is one entry more than epochs. status: "finished" (all epochs
    done), "converged", "stopped" (by a callback, or for want of improvement), "diverged",
    "interrupted" or "failed" (the method could not go on). outcome: how it ended, as a value whose
    numbers are fields; message: the same in words. Both are worked out when they are first read.
    Shapes: k entries, n numbers in the parameters: loss, gradient_norm, rate, seconds (k,); path,
    the flat vectors (k, n); kept, the entries that the rows of path belong to. All are read-only.
    gradient_norm is of what no bound and no constraint blocks; broken (k,) is by how much the worst
    constraint is broken, None without any.

    >>> from chainrule import expression, minimize
    >>> trace = minimize(expression("x") ** 2, {"x": 3.0}, learning_rate=0.25, n_epochs=2)
    >>> trace.loss
    array([9.    , 2.25  , 0.5625])
    >>> trace.final.parameters, trace.status
    ({'x': 0.75}, 'finished')
    """

    method: str
    status: str
    _told: Told
    shapes: Mapping[str, tuple[int, ...]]
    loss: Floats
    gradient_norm: Floats
    rate: Floats
    seconds: Floats
    kept: NDArray[np.intp]
    path: Floats
    validation_loss: Floats | None = None
    broken: Floats | None = None
    _packing: Packing = field(init=False)

    def __post_init__(self) -> None:
        """Keep the arrays as they are now."""
        for name in (*_FIGURES, "path", "validation_loss", "broken"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen(np.array(values, dtype=np.float64)))
        object.__setattr__(self, "kept", frozen(np.array(self.kept, dtype=np.intp)))
        object.__setattr__(self, "_packing", Packing.of(self.shapes))

    @property
    def outcome(self) -> Outcome:
        """How the run ended: the reason, the symptoms, and what is known of where it stands."""
        told = self._told
        if isinstance(told, str):
            told = Outcome(self.status, len(self) - 1, text=told)
        elif not isinstance(told, Outcome):
            told = told()
        object.__setattr__(self, "_told", told)
        return told

    @property
    def message(self) -> str:
        """The outcome in words."""
        return str(self.outcome)

    def in_words(self, message: str) -> Trace:
        """Return the same entries with other words for how the run ended.

        What would have worked out the outcome is let go, and the data with it.

        >>> from chainrule import expression, minimize
        >>> trace = minimize(expression("x") ** 2, {"x": 3.0}, n_epochs=2)
        >>> trace.in_words("all went well.").message
        'all went well.'
        """
        return replace(self, _told=message)

    @property
    def parameters(self) -> dict[str, Floats]:
        """The parameters by name at each entry that was kept, arrays (k, *shape), read-only.

        >>> from chainrule import expression, minimize
        >>> x = expression("x")
        >>> minimize(x**2, {"x": 3.0}, learning_rate=0.25, n_epochs=2).parameters
        {'x': array([3.  , 1.5 , 0.75])}
        """
        places = self._packing.places
        return {
            name: self.path[:, slice(*places[name])].reshape(len(self.path), *shape)
            for name, shape in self.shapes.items()
        }

    @property
    def best(self) -> Entry:
        """The entry of the least loss; that of the data held out, where there are such.

        Under constraints, of the entries where all hold to a millionth; where there are none, the
        entry that breaks them least.
        """
        watched = self.loss if self.validation_loss is None else self.validation_loss
        return self[best_of(watched, np.zeros(len(self)) if self.broken is None else self.broken)]

    @property
    def final(self) -> Entry:
        """The last entry."""
        return self[-1]

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Return the entries as columns by name, for a dataframe of any library.

        A parameter of more elements has a column for each, "w[0]"; where there are more than 1000,
        or not all were kept, they are left out. One that is called as a figure is, such as "loss",
        becomes "loss (parameter)".

        >>> from chainrule import expression, minimize
        >>> list(minimize(expression("x") ** 2, {"x": 3.0}, n_epochs=2).to_columns())
        ['epoch', 'loss', 'gradient_norm', 'rate', 'seconds', 'x']
        """
        columns: dict[str, NDArray[Any]] = {"epoch": np.arange(len(self))}
        columns |= {name: getattr(self, name) for name in _FIGURES}
        if self.validation_loss is not None:
            columns["validation_loss"] = self.validation_loss
        if self.broken is not None:
            columns["broken"] = self.broken
        if len(self.kept) == len(self) and self.path.shape[1] <= MOST_COLUMNS:
            taken = {*columns, "validation_loss", "broken"}
            for name, values in zip(self.elements, self.path.T, strict=True):
                columns[f"{name} (parameter)" if name in taken else name] = values
        return columns

    @property
    def elements(self) -> list[str]:
        """The name of each column of the path: "m", "w[0]".

        >>> from chainrule import expression, minimize
        >>> minimize(expression("x") ** 2, {"x": 3.0}, n_epochs=1).elements
        ['x']
        """
        return self._packing.elements

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trace to a file of readable JSON, which `load_trace` reads back to the bit.

        Raises: OSError.
        """
        arrays = {name: getattr(self, name) for name in (*_FIGURES, "kept", "path")}
        document = {
            "format": _FORMAT,
            "version": _VERSION,
            "method": self.method,
            "status": self.status,
            "message": self.message,
            "shapes": {name: list(shape) for name, shape in self.shapes.items()},
            **arrays,
            "validation_loss": self.validation_loss,
            "broken": self.broken,
        }
        write_document(path, document)

    def _entry(self, place: int) -> Entry:
        row = int(np.searchsorted(self.kept, place))
        held = row < len(self.kept) and self.kept[row] == place
        held_out = None if self.validation_loss is None else float(self.validation_loss[place])
        return Entry(
            place,
            float(self.loss[place]),
            float(self.gradient_norm[place]),
            float(self.rate[place]),
            float(self.seconds[place]),
            self._packing.unpack(self.path[row]) if held else {},
            held_out,
            None if self.broken is None else float(self.broken[place]),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # By way of the constructor, for arrays come back writable.
        names = [each.name for each in fields(self) if each.init]
        given = {name: getattr(self, name) for name in names} | {"_told": self.outcome}
        return Trace, tuple(given.values())

    def __len__(self) -> int:
        return len(self.loss)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        try:
            places = range(len(self))[place]
        except TypeError:
            raise ValueTypeError(
                f"a trace is a sequence of entries: give a number, not {place!r:.60}. The figures "
                "of all are trace.loss, trace.parameters; by name they are in trace.to_columns()."
            ) from None
        except IndexError:
            raise IndexError(
                f"there is no entry {place}: the {len(self)} entries are 0 to {len(self) - 1}, or "
                "counted back from -1."
            ) from None
        return self._entry(places) if isinstance(places, int) else [*map(self._entry, places)]

    def __iter__(self) -> Iterator[Entry]:
        return map(self._entry, range(len(self)))

    def __str__(self) -> str:
        return Sentence("{method} {told!l}", method=self.method, told=self.message)

    def __repr__(self) -> str:
        count = len(self) - 1
        epochs = f"{count:,} epoch" + "s" * (count != 1)
        change = f"loss {self.loss[0]:.6g} -> {self.loss[-1]:.6g}"
        return f"<Trace {self.method}, {self.status} after {epochs}: {change}>"

    def document(self) -> Document:
        """Return the sentences, and the first and the last epochs under a picture of the loss."""
        columns = self.to_columns()
        epochs = history([*columns.items()], loss_picture(columns["loss"]))
        return Document([Section(lines=[str(self)]), epochs])


def load_trace(path: str | os.PathLike[str]) -> Trace:
    """Read a trace that `save` wrote; nothing in the file is run.

    Raises: FileFormatError for a file that is truncated, changed or of another kind; OSError.

    >>> import pathlib, tempfile
    >>> from chainrule import expression, minimize
    >>> trace = minimize(expression("x") ** 2, {"x": 3.0}, n_epochs=2)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.json"
    >>> trace.save(path)
    >>> str(load_trace(path)) == str(trace)
    True
    """
    document = read_document(path, _FORMAT, _VERSION)
    try:
        return trace_of(document)
    except FileFormatError as error:
        raise FileFormatError(f"{os.fspath(path)} is refused: {error}") from None


def trace_of(document: Mapping[str, Any]) -> Trace:
    """Return the trace of a document.

    Raises: FileFormatError for what is none.
    """
    columns = {name: part(document, name, np.ndarray) for name in (*_FIGURES, "kept", "path")}
    validation = part(document, "validation_loss", np.ndarray, type(None))
    status = part(document, "status", str)
    count, kept = columns["loss"].size, columns["kept"]
    sizes = {columns[name].shape for name in _FIGURES}
    placed = kept.ndim == 1 and np.all(np.diff(kept) > 0) and np.all((kept >= 0) & (kept < count))
    if sizes != {(count,)} or count == 0 or not placed or status not in STATUSES:
        raise FileFormatError("its arrays are not those of a run.")
    if validation is not None and validation.shape != (count,):
        raise FileFormatError("its losses of the data held out are not one for each entry.")
    shapes = shapes_in(document, columns["path"], len(kept))
    words = part(document, "method", str), status, part(document, "message", str)
    broken = part(document, "broken", np.ndarray, type(None)) if "broken" in document else None
    if broken is not None and broken.shape != (count,):
        raise FileFormatError("its broken constraints are not one number for each entry.")
    return Trace(*words, shapes, **columns, validation_loss=validation, broken=broken)


def shapes_in(document: Mapping[str, Any], path: Any, rows: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the parameters of a document, which fit the rows of a path.

    Raises: FileFormatError.
    """
    found = part(document, "shapes", dict)
    for name, shape in found.items():
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
            raise FileFormatError(f"the shape of its parameter {name!r} is {shape!r:.60}.")
    size = sum(math.prod(shape) for shape in found.values())
    if not found or np.shape(path) != (rows, size):
        raise FileFormatError(
            f"its parameters are {size} numbers, and its path has shape {np.shape(path)}."
        )
    return {name: tuple(shape) for name, shape in found.items()}


def rank(loss: float, broken: float) -> tuple[float, float]:
    """Return what the best entry has least of: what it breaks of constraints, then its loss."""
    beyond = broken if broken > FEASIBLE or math.isnan(broken) else 0.0
    return (math.inf if math.isnan(beyond) else beyond), (math.inf if math.isnan(loss) else loss)


def best_of(losses: Floats, broken: Floats) -> int:
    """Return the place of the best entry; the first where there are several."""
    pairs = zip(losses.tolist(), broken.tolist(), strict=True)
    ranks = [rank(*pair) for pair in pairs]
    return ranks.index(min(ranks))


def frozen(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array made read-only."""
    values.flags.writeable = False
    return values
