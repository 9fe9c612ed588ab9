"""The entries of a run as they are written down: growing arrays, 8 bytes a number.

May import NumPy and the trace; it must not know how a run is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import FileFormatError
from chainrule.optimize.problem.coordinates import Coordinates
from chainrule.optimize.problem.packing import Packing
from chainrule.optimize.running.trace import Entry, Told, Trace, best_of, rank
from chainrule.optimize.saving.archive import part
from chainrule.tables.columns import Floats

__all__ = ["Figures", "Record"]

Figures = tuple[float, float, float, float, float, float]
FIRST = 64  # entries that there is room for at the start


class Record:
    """The entries of a run: its figures, and the parameters at each.

    Figures are loss, gradient norm, rate, seconds, the loss of the data held out, and by how much
    the worst constraint is broken. keep_path: whether to keep the parameters of every entry, and
    not only of the first, best and last. coordinates: in which the entries are told, where these
    are not those of the run.
    """

    __slots__ = (
        "_best",
        "_figures",
        "_keep_path",
        "_path",
        "constrained",
        "coordinates",
        "count",
        "packing",
        "validates",
    )

    def __init__(
        self,
        packing: Packing,
        *,
        validates: bool = False,
        keep_path: bool = True,
        constrained: bool = False,
        coordinates: Coordinates | None = None,
    ) -> None:
        self.packing = packing
        self.coordinates = coordinates
        self.count = 0
        self.validates = validates
        self.constrained = constrained
        self._keep_path = keep_path
        self._best = 0
        self._figures = np.empty((FIRST, 6))
        self._path = np.empty((FIRST if keep_path else 3, packing.size))

    def add(self, figures: Figures, vector: Floats) -> None:
        """Write down an entry; the count changes last, so that one half written is written anew."""
        place = self.count
        if place == len(self._figures):
            self._figures = np.concatenate([self._figures, np.empty_like(self._figures)])
            if self._keep_path:
                self._path = np.concatenate([self._path, np.empty_like(self._path)])
        self._figures[place] = figures
        better = place == 0 or self._rank(place) < self._rank(self._best)
        if self._keep_path:
            self._path[place] = vector
        else:
            for row, wanted in enumerate((place == 0, better, True)):
                if wanted:
                    self._path[row] = vector
        if better:
            self._best = place
        self.count = place + 1

    def extend(self, figures: Floats, vectors: Floats) -> None:
        """Write down entries (k, 6) with their parameters (k, n), of a run without constraints."""
        if self._keep_path:
            first, count = self.count, self.count + len(figures)
            while len(self._figures) < count:
                self._figures = np.concatenate([self._figures, np.empty_like(self._figures)])
                self._path = np.concatenate([self._path, np.empty_like(self._path)])
            self._figures[first:count] = figures
            self._path[first:count] = vectors
            losses = self._figures[first:count, 4 * self.validates]
            best = first + int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))
            if first == 0 or self._rank(best) < self._rank(self._best):
                self._best = best
            self.count = count
            return
        for row, vector in zip(figures.tolist(), vectors, strict=True):
            self.add(tuple(row), vector)

    def _rank(self, place: int) -> tuple[float, float]:
        """Return what the best entry has least of: breaking constraints, then the loss."""
        figures = self._figures[place]
        return rank(float(figures[4 * self.validates]), float(figures[5]))

    def settle(self) -> None:
        """Forget what came after the least gradient, of a run that has come down to rounding."""
        count = max(2, int(np.argmin(self.figures[:, 1])) + 1)
        self.count = min(self.count, count)
        self._best = best_of(*self.figures[:, [4 * self.validates, 5]].T)

    @property
    def figures(self) -> Floats:
        """The figures so far, a row an entry."""
        return self._figures[: self.count]

    def kept(self) -> tuple[Any, Floats]:
        """Return the entries whose parameters are kept, and these parameters."""
        if self._keep_path:
            return np.arange(self.count), self._path[: self.count]
        places = [0, self._best, self.count - 1]
        unique, rows = np.unique(places, return_index=True)
        return unique, self._path[rows]

    @property
    def best(self) -> int:
        """The place of the entry of least loss."""
        return self._best

    def best_vector(self) -> Floats:
        """Return the parameters of the entry of least loss."""
        found: Floats = self._path[self._best if self._keep_path else 1]
        return found

    def last(self) -> Entry:
        """Return the last entry."""
        place = self.count - 1
        row = self._path[place if self._keep_path else 2]
        loss, norm, rate, seconds, validation, broken = self._figures[place].tolist()
        packing = self.packing
        if (seen := self.coordinates) is not None:
            packing, row = seen.packing, seen.parameters(row)
            loss = float(seen.losses(self._figures[place, 0]))
        found = packing.unpack(row)
        held_out = validation if self.validates else None
        return Entry(
            place, loss, norm, rate, seconds, found, held_out, broken if self.constrained else None
        )

    def trace(self, method: str, status: str, told: Told) -> Trace:
        """Return what was written down as a trace. told: how it ended, or what will say so."""
        kept, path = self.kept()
        figures = self.figures
        packing, losses = self.packing, figures[:, 0]
        if (seen := self.coordinates) is not None:
            packing, path, losses = seen.packing, seen.parameters(path), seen.losses(losses)
        return Trace(
            method,
            status,
            told,
            dict(packing.shapes),
            losses,
            figures[:, 1],
            figures[:, 2],
            figures[:, 3],
            kept,
            path,
            figures[:, 4] if self.validates else None,
            figures[:, 5] if self.constrained else None,
        )

    def to_state(self) -> dict[str, Any]:
        """Return the entries as a document can hold them."""
        kept, path = self.kept()
        return {"figures": self.figures, "kept": kept, "path": path}

    def restore(self, state: Mapping[str, Any], count: int) -> None:
        """Take over the entries of a document.

        Raises: FileFormatError for what is no record of so many entries of these parameters.
        """
        figures = part(state, "figures", np.ndarray)
        kept, path = part(state, "kept", np.ndarray), part(state, "path", np.ndarray)
        if (
            kept.ndim != 1
            or figures.shape != (count, 6)
            or path.shape != (len(kept), self.packing.size)
            or not count
        ):
            raise FileFormatError("its entries are not those of a run of these parameters.")
        best = best_of(figures[:, 4 * self.validates], figures[:, 5])
        places = [*range(count)] if self._keep_path else [0, best, count - 1]
        if kept.tolist() != sorted({*places}):
            raise FileFormatError("its parameters are not those of its entries.")
        self._path = path[np.searchsorted(kept, places)]
        self._figures = figures
        self._best = best
        self.count = count
