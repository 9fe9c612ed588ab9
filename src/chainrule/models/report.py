"""A fitted linear model as a document: what it learned, how well it fits, how the fit ended.

May import the values of this floor; it must not know how they were found.
"""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.models.formula import Formula
from chainrule.models.history import History
from chainrule.models.observed import Observed
from chainrule.models.outcome import FitOutcome
from chainrule.optimize.running.display import loss_picture
from chainrule.report import Document, Section, Sentence, counted, figure

__all__ = ["summary"]


def summary(
    formula: Formula,
    parameters: Mapping[str, float],
    seen: Observed,
    outcome: FitOutcome,
    history: History | None,
    reduction: str,
) -> Document:
    """Return the report: a line a parameter, to six digits; errors in the target's unit.

    R² is that of the rows fitted to. history: drawn where there is one.
    """
    mse = outcome.loss if reduction == "mean" else outcome.loss / seen.n_rows
    title = Sentence(
        "Linear regression of {target} on {columns}, {rows}",
        target=formula.target,
        columns=counted(len(formula.columns), "column"),
        rows=counted(seen.n_rows, "row"),
    )
    rows = [
        (parameter, name, figure(value))
        for (parameter, value), name in zip(parameters.items(), [*formula.columns, ""], strict=True)
    ]
    lines = [
        Sentence("Mean squared error: {mse:.6g}, its root {root:.6g}", mse=mse, root=mse**0.5),
        r_squared(mse, seen.deviation),
        Sentence("How it ended: {message}", message=outcome.message),
    ]
    picture = None if history is None else loss_picture(history.loss)
    table = Section(title, ("", "column", "slope"), rows, align="llr")
    return Document([table, Section(lines=lines, picture=picture)])


def r_squared(mse: float, deviation: float) -> str:
    """Write the share of the target's variance that is explained."""
    if deviation == 0:
        return "R²: undefined, for the target is constant"
    # Divided one by one: the square of a small deviation would be 0.
    return Sentence("R²: {share:.6g}", share=1 - mse / deviation / deviation)
