"""What `fit` and `demo` share: rows held out, a fit with a progress bar, scores, curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from chainrule.cli.output import console, number
from chainrule.errors import DataError
from chainrule.models import Epoch, LinearRegression
from chainrule.tables import Table, as_table
from chainrule.tables.columns import Floats

__all__ = ["Split", "curves", "fitted", "scores", "split_rows"]

_PAUSE = 0.05  # seconds between two looks at the bar


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of a table to train on, and rows held out, with the numbers that they had in it."""

    table: Table
    target: str
    training: NDArray[np.intp]
    held_out: NDArray[np.intp]

    def features(self, rows: NDArray[np.intp]) -> Table:
        """Give these rows of the columns to predict from."""
        columns = self.table.mapping()
        return as_table(
            {name: columns[name][rows] for name in columns if name != self.target},
            called="the data",
        )

    def expected(self, rows: NDArray[np.intp]) -> Floats:
        """Give these rows of the column to predict."""
        return self.table[self.target][rows]


def split_rows(table: Table, target: str, fraction: float, seed: int) -> Split:
    """Hold out this fraction of the rows, drawn without replacement; none if it is 0.

    Raises: DataError if no row would be left on either side.
    """
    count = table.n_rows
    held = round(count * fraction)
    if fraction and not 0 < held < count:
        raise DataError(
            f"{fraction:g} of {count} rows leaves {count - held} to train on and {held} to test.\n"
            "  Give another --test-fraction, or more rows."
        )
    order = np.random.default_rng(seed).permutation(count)
    return Split(table, target, np.sort(order[held:]), np.sort(order[:held]))


def fitted(model: LinearRegression, split: Split, epochs: int | None) -> LinearRegression:
    """Fit a model to the training rows; shows progress where stderr is a terminal."""
    target = {split.target: split.expected(split.training)}
    with bar(epochs) as advance:
        return model.fit(split.features(split.training), target, callback=advance)


@contextmanager
def bar(epochs: int | None) -> Iterator[Callable[[Epoch], None] | None]:
    """Draw a progress bar on stderr while the block runs; give what it is to be told."""
    page = console(stderr=True)
    if not page.is_terminal:
        yield None
        return
    columns = (
        TextColumn("Training", style="bold"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("loss {task.fields[loss]}", style="cyan"),
    )
    with Progress(*columns, console=page) as progress:
        task = progress.add_task("", total=epochs, loss="-")
        seen = 0.0
        last: Epoch | None = None

        def advance(record: Epoch) -> None:
            nonlocal seen, last
            now = time.monotonic()
            last = record
            if now - seen > _PAUSE:
                seen = now
                progress.update(task, completed=record.epoch, loss=number(record.loss))

        yield advance
        if last is not None:
            done, loss = last.epoch, number(last.loss)
            progress.update(task, completed=done, total=epochs or done, loss=loss)


def scores(expected: Floats, predicted: Floats) -> dict[str, float | int | None]:
    """Return number of rows, mean squared error and R²; that is None for a constant target.

    >>> scores(np.array([1.0, 3.0]), np.array([1.0, 2.0]))
    {'rows': 2, 'mse': 0.5, 'r2': 0.5}
    """
    residual = expected - predicted
    spread = expected - expected.mean()
    whole = float(spread @ spread)
    return {
        "rows": len(expected),
        "mse": float(np.mean(residual**2)),
        "r2": 1 - float(residual @ residual) / whole if whole else None,
    }


def curves(model: LinearRegression, split: Split) -> Mapping[str, Floats]:
    """Return the mean squared error after each epoch, from 0, on training and held-out rows."""
    final = list(model.history.final.parameters.values())
    parameters = np.vstack([model.history.parameters, final])
    found = {}
    for name, rows in (("training", split.training), ("held out", split.held_out)):
        if len(rows):
            matrix = np.column_stack([split.features(rows).matrix(), np.ones(len(rows))])
            found[name] = errors_by_epoch(matrix, split.expected(rows), parameters)
    return found


def errors_by_epoch(matrix: Floats, expected: Floats, parameters: Floats) -> Floats:
    """Return the mean squared error for each row of parameters, some epochs at a time."""
    found = np.empty(len(parameters))
    at_once = max(1, 10_000_000 // len(matrix))
    with np.errstate(all="ignore"):
        for start in range(0, len(parameters), at_once):
            part = parameters[start : start + at_once]
            residuals = part @ matrix.T - expected
            found[start : start + at_once] = np.mean(residuals**2, axis=1)
    return found
