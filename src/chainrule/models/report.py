"""A fitted linear model told as text: what it learned, how well it fits, how the fit ended.

May import the values of this floor; it must not know how they were found.
"""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.models.formula import Formula
from chainrule.models.observed import Observed
from chainrule.models.outcome import Outcome

__all__ = ["summary"]


def summary(
    formula: Formula,
    parameters: Mapping[str, float],
    seen: Observed,
    outcome: Outcome,
    reduction: str,
) -> str:
    """Return the report: a line a parameter, to six digits; errors in the target's unit.

    R² is that of the rows fitted to.
    """
    mse = outcome.loss if reduction == "mean" else outcome.loss / seen.n_rows
    columns = f"{len(formula.columns)} column" + "s" * (len(formula.columns) != 1)
    rows = f"{seen.n_rows:,} row" + "s" * (seen.n_rows != 1)
    names = [*formula.columns, ""]
    width = max(len("column"), *map(len, names))
    short = max(map(len, parameters))
    lines = [
        f"Linear regression of {formula.target} on {columns}, {rows}",
        "",
        f"{'':<{short}}  {'column':<{width}}  {'slope':>12}",
        *[
            f"{parameter:<{short}}  {name:<{width}}  {value:>12.6g}"
            for (parameter, value), name in zip(parameters.items(), names, strict=True)
        ],
        "",
        f"Mean squared error  {mse:.6g}, its root {mse**0.5:.6g}",
        f"R²                  {r_squared(mse, seen.deviation)}",
        f"How it ended        {outcome.message}",
    ]
    return "\n".join(line.rstrip() for line in lines)


def r_squared(mse: float, deviation: float) -> str:
    """Write the share of the target's variance that is explained."""
    if deviation == 0:
        return "undefined: the target is constant"
    # Divided one by one: the square of a small deviation would be 0.
    return f"{1 - mse / deviation / deviation:.6g}"
