"""What a fit went through: loss, gradient norm and parameters at each epoch.

A view of the trace of its run. It must not know what is fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.optimize.running.display import history_html
from chainrule.optimize.running.trace import Entry, Trace
from chainrule.tables.columns import Floats

__all__ = ["Epoch", "History", "epoch_of"]


@dataclass(frozen=True, slots=True)
class Epoch:
    """Where a fit stands as an epoch begins: the point that its gradient is taken at.

    epoch: counted from 0, so it is how many epochs are done. loss: at these parameters, in the
    square of the target's unit. gradient_norm: the Euclidean norm of the gradient there, in the
    coordinates of the descent. parameters: by name, in the data's units.
    """

    epoch: int
    loss: float
    gradient_norm: float
    parameters: dict[str, float]


class History:
    """The epochs of a fit, as a sequence of `Epoch` and as arrays: a view of its trace.

    Epochs are counted from 0, as in `for epoch in range(n_epochs)`: entry i is the point that the
    gradient of epoch i was taken at, so entry 0 is the start, and there are as many entries as
    epochs; `final` is where the last epoch led. A callback of the fit is given these entries.
    trace: all of the run, the end included as one entry more.
    Shapes: n epochs, k + 1 parameters; loss (n,), gradient_norm (n,), parameters (n, k + 1).
    The arrays are read-only.

    >>> from chainrule import LinearRegression
    >>> history = LinearRegression(2, 0.25).fit([[0.0], [2.0]], [0.0, 2.0]).history
    >>> len(history), history[-1].loss, history.final.loss
    (2, 0.25, 0.0625)
    """

    __slots__ = ("trace",)

    trace: Trace

    def __init__(self, trace: Trace) -> None:
        object.__setattr__(self, "trace", trace)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters, in the order of their columns."""
        return tuple(self.trace.elements)

    @property
    def loss(self) -> Floats:
        """The loss at each epoch, shape (n,)."""
        return self.trace.loss[:-1]

    @property
    def gradient_norm(self) -> Floats:
        """The norm of the gradient at each epoch, shape (n,)."""
        return self.trace.gradient_norm[:-1]

    @property
    def parameters(self) -> Floats:
        """The parameters at each epoch, shape (n, k + 1), in the order of `names`."""
        return self.trace.path[:-1]

    @property
    def final(self) -> Epoch:
        """Where the last epoch led; its number is that of all epochs."""
        return self._epoch(len(self))

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Return the epochs as columns by name, for a dataframe of any library.

        >>> from chainrule import LinearRegression
        >>> list(LinearRegression(2).fit([[0.0], [1.0]], [1.0, 3.0]).history.to_columns())
        ['epoch', 'loss', 'gradient_norm', 'm0', 'yint']
        """
        columns = dict(zip(self.names, self.parameters.T, strict=True))
        return {
            "epoch": np.arange(len(self)),
            "loss": self.loss,
            "gradient_norm": self.gradient_norm,
            **columns,
        }

    def _epoch(self, place: int) -> Epoch:
        return epoch_of(self.trace[place])

    def __len__(self) -> int:
        return len(self.trace) - 1

    @overload
    def __getitem__(self, place: int) -> Epoch: ...
    @overload
    def __getitem__(self, place: slice) -> list[Epoch]: ...
    def __getitem__(self, place: int | slice) -> Epoch | list[Epoch]:
        places = range(len(self))[place]
        return self._epoch(places) if isinstance(places, int) else [*map(self._epoch, places)]

    def __iter__(self) -> Iterator[Epoch]:
        return map(self._epoch, range(len(self)))

    def __repr__(self) -> str:
        epochs = f"{len(self):,} epoch" + "s" * (len(self) != 1)
        losses = self.trace.loss
        return f"History({epochs}: loss {losses[0]:.6g} -> {losses[-1]:.6g})"

    def _repr_html_(self) -> str:
        return history_html(self.to_columns())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a History is immutable: {name!r} cannot be set.")

    def __reduce__(self) -> tuple[Any, ...]:
        return History, (self.trace,)


def epoch_of(entry: Entry) -> Epoch:
    """Return an entry of a trace as the epoch that begins there."""
    return Epoch(entry.epoch, entry.loss, entry.gradient_norm, entry.parameters)
