"""When a run ends by itself: at a small gradient, without progress, or without improvement.

May import the errors; it must not know how a run is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.errors import ValueTypeError
from chainrule.optimize.settings import Range
from chainrule.report import Sentence

__all__ = [
    "EPOCHS",
    "EarlyStopping",
    "Judge",
    "as_early_stopping",
    "checked_batch_size",
    "checked_callback",
    "checked_epochs",
    "checked_tolerance",
]

PATIENCE = Range(1.0, high_open=True, whole=True, example=10)
LEAST = Range(0.0, high_open=True, example=1e-4)
EPOCHS = Range(1.0, high_open=True, whole=True, example=100)
ROWS = Range(1.0, high_open=True, whole=True, example=32)

TOLERANCE = 1e-8  # of the gradient's length, where a run is to converge
STANDSTILL = 100  # epochs in which neither loss nor gradient has become smaller
AT_REST = 1e-6  # of the largest gradient: standing still there is to have arrived
MOST_EPOCHS = 100_000  # where a run is to converge and does not


@dataclass(frozen=True, slots=True)
class EarlyStopping:
    """Stop when the loss has not improved for some epochs; the best parameters are kept.

    patience: epochs without improvement. min_delta: less than that counts as none, in the unit of
    the loss. The loss is that of the held-out data where there are such, else that of the
    data. Raises: SettingError.
    Source: Prechelt (1998), Early stopping - but when?, section 2.

    >>> EarlyStopping(patience=5)
    EarlyStopping(patience=5, min_delta=0.0)
    """

    patience: int = 10
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        object.__setattr__(self, "patience", PATIENCE.checked("patience", self.patience))
        least = LEAST.checked("min_delta", self.min_delta)
        object.__setattr__(self, "min_delta", least)


def as_early_stopping(given: object) -> EarlyStopping | None:
    """Return early stopping as it is; a number is its patience; None and False are none.

    Raises: SettingError, ValueTypeError.

    >>> as_early_stopping(3)
    EarlyStopping(patience=3, min_delta=0.0)
    """
    if given is None or given is False:
        return None
    if given is True:
        return EarlyStopping()
    if isinstance(given, EarlyStopping):
        return given
    if isinstance(given, int | float):
        return EarlyStopping(PATIENCE.checked("early_stopping", given))  # type: ignore[arg-type]
    raise ValueTypeError(
        f"early_stopping must be a number of epochs or an EarlyStopping, not {given!r:.60}. "
        "For instance EarlyStopping(patience=10, min_delta=1e-4)."
    )


def checked_epochs(n_epochs: object) -> int | None:
    """Return a number of epochs, None where the run is to converge.

    Raises: SettingError for what is no whole number from 1.

    >>> checked_epochs(2.5)
    Traceback (most recent call last):
    chainrule.errors.SettingError: n_epochs must be a whole number, 1 or more, not 2.5. ...
    """
    return None if n_epochs is None else int(EPOCHS.checked("n_epochs", n_epochs))


def checked_batch_size(batch_size: object) -> int | None:
    """Return a number of rows, None for all.

    Raises: SettingError for what is no whole number from 1.

    >>> checked_batch_size(32)
    32
    """
    return None if batch_size is None else int(ROWS.checked("batch_size", batch_size))


def checked_tolerance(tolerance: object) -> float | None:
    """Return the length that a gradient may have at the end, None where none was given.

    Raises: SettingError for a negative or infinite one, or NaN.

    >>> checked_tolerance(1e-6)
    1e-06
    """
    return None if tolerance is None else LEAST.checked("tolerance", tolerance)


def checked_callback(callback: object) -> Callable[[Any], object] | None:
    """Return a callback as it is.

    Raises: ValueTypeError for what cannot be called, before a run is made for nothing.

    >>> checked_callback(print) is print
    True
    """
    if callback is None or callable(callback):
        return callback
    raise ValueTypeError(
        f"callback must be a function of an entry, not {callback!r:.60}. "
        "For instance lambda entry: entry.loss < 0.1, which ends the run where it is true."
    )


class Judge:
    """Tells after each entry of a run whether it is to go on; a resumed run tells it all again.

    converge: whether the run ends by itself. tolerance: None for the one that `converge` has:
    1e-8, or 1e-8 of the first gradient where that is shorter than 1.
    """

    __slots__ = (
        "_best", "_converge", "_early", "_flattest", "_given", "_improved", "_largest", "_least",
        "_moved", "tolerance",
    )  # fmt: skip

    def __init__(
        self, *, converge: bool, tolerance: float | None, early: EarlyStopping | None
    ) -> None:
        self._converge = converge
        self._early = early
        self._given = tolerance
        self.tolerance = tolerance
        self._least = self._flattest = self._best = math.inf
        self._moved = self._improved = 0
        self._largest = 0.0

    def told(self, epoch: int, loss: float, norm: float, watched: float) -> tuple[str, str]:
        """Take an entry; give the status and the reason to end with, or two empty words.

        watched: the loss that early stopping looks at.
        """
        if epoch == 0 and self._converge and self._given is None:
            self.tolerance = TOLERANCE * min(1.0, norm)
        self._largest = max(self._largest, norm)
        if loss < self._least or norm < self._flattest:
            self._moved = epoch
            self._least, self._flattest = min(loss, self._least), min(norm, self._flattest)
        if self._early is not None and watched < self._best - self._early.min_delta:
            self._best, self._improved = watched, epoch
        return self._verdict(epoch, norm)

    def _verdict(self, epoch: int, norm: float) -> tuple[str, str]:
        if self.tolerance is not None and norm <= self.tolerance:
            return "converged", Sentence(
                "the gradient is {norm:.3g} long, within the tolerance {tolerance:.3g}",
                norm=norm,
                tolerance=self.tolerance,
            )
        if self._converge and epoch - self._moved >= STANDSTILL:
            what = Sentence(
                "neither the loss nor the gradient has become smaller in {epochs} epochs",
                epochs=STANDSTILL,
            )
            if norm <= AT_REST * self._largest:
                return "converged", Sentence("{what}: what is left is rounding", what=what)
            return "stopped", Sentence(
                "{what}, though the gradient is still {norm:.3g} long", what=what, norm=norm
            )
        if self._early is not None and epoch - self._improved >= self._early.patience:
            return "stopped", Sentence(
                "no improvement of more than {least:g} for {patience} epochs, since epoch {since}",
                least=self._early.min_delta,
                patience=self._early.patience,
                since=self._improved,
            )
        return "", ""

    def is_idle(self) -> bool:
        """Tell whether nothing that it is told will end the run."""
        return not self._converge and self.tolerance is None and self._early is None

    def short_of(self, norm: float) -> str:
        """Say what a run that was to converge lacks at its last epoch; nothing of another one."""
        if not self._converge:
            return ""
        return Sentence(
            "the gradient is still {norm:.3g} long, not within the tolerance {tolerance:.3g}",
            norm=norm,
            tolerance=self.tolerance,
        )

    def most_epochs(self, n_epochs: int | None) -> Any:
        """Return the epoch at which a run ends in any case."""
        return MOST_EPOCHS if n_epochs is None else n_epochs


class Settling(Judge):
    """Ends a run once a step no longer halves the gradient, which is then rounding.

    Right where the loss curves alike in every direction and the rate is half of the stable limit.
    """

    __slots__ = ("_before",)

    def __init__(self) -> None:
        super().__init__(converge=False, tolerance=None, early=None)
        self._before = math.inf

    def told(self, epoch: int, loss: float, norm: float, watched: float) -> tuple[str, str]:
        """Take an entry; give the status and the reason to end with, or two empty words."""
        del loss, watched
        before, self._before = self._before, norm
        if epoch and (norm == 0 or (epoch > 1 and norm > before / 2)):
            return "converged", "the gradient came down to rounding level"
        return "", ""

    def is_idle(self) -> bool:
        """Tell whether nothing that it is told will end the run."""
        return False
