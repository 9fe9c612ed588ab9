"""What a fit went through: loss, gradient norm and parameters at each epoch.

Kept as arrays: an epoch takes 8 bytes a number. It must not know what is fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.optimize.running.display import history_html
from chainrule.tables.columns import Floats

__all__ = ["Epoch", "History"]


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
    """The epochs of a fit, as a sequence of `Epoch` and as arrays.

    Epochs are counted from 0, as in `for epoch in range(n_epochs)`: entry i is the point that the
    gradient of epoch i was taken at, so entry 0 is the start, and there are as many entries as
    epochs; `final` is where the last epoch led. A callback of the fit is given these entries.
    Shapes: n epochs, k + 1 parameters; loss (n,), gradient_norm (n,), parameters (n, k + 1).
    The arrays are read-only.

    >>> history = History(("m0", "yint"), np.array([4.0, 1.0]), np.zeros(2), np.zeros((2, 2)))
    >>> len(history), history[-1].loss, history.final.loss
    (1, 4.0, 1.0)
    """

    __slots__ = ("_gradient_norms", "_losses", "_parameters", "names")

    names: tuple[str, ...]

    def __init__(
        self,
        names: tuple[str, ...],
        losses: Floats,
        gradient_norms: Floats,
        parameters: Floats,
    ) -> None:
        self.names = names
        self._losses = kept(losses)
        self._gradient_norms = kept(gradient_norms)
        self._parameters = kept(parameters)

    @property
    def loss(self) -> Floats:
        """The loss at each epoch, shape (n,)."""
        return self._losses[:-1]

    @property
    def gradient_norm(self) -> Floats:
        """The norm of the gradient at each epoch, shape (n,)."""
        return self._gradient_norms[:-1]

    @property
    def parameters(self) -> Floats:
        """The parameters at each epoch, shape (n, k + 1), in the order of `names`."""
        return self._parameters[:-1]

    @property
    def final(self) -> Epoch:
        """Where the last epoch led; its number is that of all epochs."""
        return self._epoch(len(self))

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Return the epochs as columns by name, for a dataframe of any library.

        >>> history = History(("yint",), np.array([4.0, 1.0]), np.zeros(2), np.zeros((2, 1)))
        >>> list(history.to_columns())
        ['epoch', 'loss', 'gradient_norm', 'yint']
        """
        columns = dict(zip(self.names, self.parameters.T, strict=True))
        return {
            "epoch": np.arange(len(self)),
            "loss": self.loss,
            "gradient_norm": self.gradient_norm,
            **columns,
        }

    def _epoch(self, place: int) -> Epoch:
        values = self._parameters[place].tolist()
        return Epoch(
            place,
            float(self._losses[place]),
            float(self._gradient_norms[place]),
            dict(zip(self.names, values, strict=True)),
        )

    def __len__(self) -> int:
        return len(self._losses) - 1

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
        return f"History({epochs}: loss {self._losses[0]:.6g} -> {self._losses[-1]:.6g})"

    def _repr_html_(self) -> str:
        return history_html(self.to_columns())

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"a History is immutable: {name!r} cannot be set.")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return History, (self.names, self._losses, self._gradient_norms, self._parameters)


def kept(numbers: Floats) -> Floats:
    """Return numbers as a read-only array of their own size."""
    copy = np.array(numbers, dtype=np.float64)
    copy.flags.writeable = False
    return copy
