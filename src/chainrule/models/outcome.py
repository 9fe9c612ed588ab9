"""How a fit ended, as a value, and in words.

May import the sentences; it must not know how a fit is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from chainrule.errors import ChainRuleError
from chainrule.report import Sentence, counted

__all__ = ["STATUSES", "DivergenceError", "DivergenceWarning", "FitOutcome", "Status", "told"]

Status: TypeAlias = Literal["converged", "finished", "stopped", "interrupted", "diverged", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
KEPT = (
    "Kept are the best parameters, those after epoch {best:,} (loss {least:.6g}), and the history."
)
WORDS = {
    "converged": "the gradient came down to rounding level after {epochs}.",
    "finished": "all {epochs} were done: the loss went from {first:.6g} to {last:.6g}.",
    "stopped": "the callback stopped the fit after {epochs}, at a loss of {last:.6g}.",
    "interrupted": "interrupted after {epochs}. " + KEPT,
}
DIVERGED = (
    "the fit diverged at epoch {epoch:,}: with learning_rate={rate!r} the loss went from "
    "{least:.6g} (epoch {best:,}) to {last:.6g}.{limit}\n  " + KEPT + " Use a smaller rate,{other} "
    "or leave rate and epochs out."
)
TOO_LARGE = (
    "the fit diverged at epoch {epoch}: the loss is {last:.6g} before the first step, because the "
    "numbers are too large to be squared.\n  Rescale the data,{other} or leave the rate out."
)


class DivergenceWarning(RuntimeWarning):
    """A fit whose loss grew without bound: it was stopped, and kept its best parameters."""


class DivergenceError(ChainRuleError, ArithmeticError):
    """The same, where the caller asked for an error."""


@dataclass(frozen=True, slots=True)
class FitOutcome:
    """How a fit ended.

    status: "converged" (the gradient is at rounding level), "finished" (all epochs were done),
    "stopped" (by the callback, or for want of progress), "interrupted" (from the keyboard),
    "diverged" or "failed" (the method could not go on). epoch: the one after which it ended. loss:
    of the parameters that it kept. largest_stable_rate: 2 divided by the largest curvature, where
    it was needed.

    >>> FitOutcome("finished", 10, 0.5, "all 10 epochs were done.").diverged
    False
    """

    status: Status
    epoch: int
    loss: float
    message: str
    largest_stable_rate: float | None = None

    @property
    def diverged(self) -> bool:
        """Whether the loss grew without bound.

        >>> FitOutcome("diverged", 3, 0.5, "...").diverged
        True
        """
        return self.status == "diverged"


def told(
    status: Status,
    epoch: int,
    losses: tuple[float, float, float],
    best: int,
    rate: float,
    stable: float | None,
    *,
    standardized: bool,
) -> Sentence:
    """Say how a fit ended; losses: at the start, of the epoch kept, at the end."""
    fields: dict[str, Any] = dict(zip(("first", "least", "last"), losses, strict=True))
    fields |= {"epochs": counted(epoch, "epoch"), "epoch": epoch, "best": best, "rate": rate}
    fields["other"] = "" if standardized else " ask for standardize=True,"
    fields["limit"] = ""
    if stable is not None:
        fields["limit"] = Sentence(
            " The largest stable rate is {stable:.6g}: 2 divided by the largest curvature of the "
            "loss, {curvature:.6g}.",
            stable=stable,
            curvature=2 / stable if stable else float("inf"),
        )
    return Sentence(WORDS.get(status, DIVERGED if epoch else TOO_LARGE), **fields)
