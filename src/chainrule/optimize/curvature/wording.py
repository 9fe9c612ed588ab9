"""A report on learning rates told as sentences.

May import what it tells of; it must not compute what it says.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.optimize.curvature.dynamics import DescentDynamics

__all__ = ["brief", "sentences", "told_rate"]


def sentences(report: DescentDynamics) -> str:
    """Write the report, a line a fact."""
    slope = f"its gradient {report.gradient_norm:.6g} long"
    lines = [
        f"Learning rate at {place(report.at)}, where the loss is {report.loss:.6g} and {slope}.",
        kind(report),
        curvature(report),
        limit(report),
        *best(report),
        f'learning_rate="auto" takes {report.auto:.6g}: {report.reason}.',
    ]
    return "\n".join(lines)


def kind(report: DescentDynamics) -> str:
    """Say how far the curvature found here holds."""
    if not report.quadratic:
        return "The loss is not quadratic: what follows holds near here."
    if not report.proven:
        return "The loss looks quadratic: its curvature is the same at two points."
    return "The loss is quadratic: its curvature is the same everywhere."


def place(at: dict[str, Any]) -> str:
    """Write the parameters, shortened."""
    parts = [
        f"{name} = {value:.6g}" if np.ndim(value) == 0 else f"{name} of shape {np.shape(value)}"
        for name, value in at.items()
    ]
    return ", ".join(parts[:6]) + (f" and {len(parts) - 6} more" if len(parts) > 6 else "")


def curvature(report: DescentDynamics) -> str:
    """Say how the loss curves, upwards, downwards or not at all."""
    if report.stable_limit == math.inf and report.flat:
        return "The loss has no curvature here: it is as steep a little further on."
    how = "" if report.exact else ", by the Lanczos method"
    gradient = (
        ""
        if math.isnan(report.along_gradient)
        else (f", and {report.along_gradient:.6g} along the gradient")
    )
    if math.isclose(report.smallest, report.largest, rel_tol=1e-12):
        span = f"The curvature is {report.largest:.6g}"
        gradient = ""
    else:
        span = (
            f"The curvature is from {report.smallest:.6g} (along {report.flattest}) to "
            f"{report.largest:.6g} (along {report.steepest})"
        )
    if not report.convex:
        ways = "downwards" if report.stable_limit == math.inf else "both ways"
        return (
            f"{span}{how}{gradient}: the loss curves {ways}, so this is not yet near a minimum; "
            f"descent leaves along {report.flattest}."
        )
    if report.flat:
        return (
            f"{span}{how}{gradient}: along {report.flattest} it is 0 to rounding, so the minimum "
            "is no single point."
        )
    return f"{span}{how}{gradient}: condition number {report.condition_number:.6g}."


def limit(report: DescentDynamics) -> str:
    """Say which rates are stable."""
    if report.bottomless:
        return "The loss falls forever: no rate comes to a minimum, for there is none."
    if report.stable_limit == math.inf:
        return "There is no stable limit: no direction curves upwards."
    return (
        f"Stable limit: {report.stable_limit:.6g}, 2 divided by the largest curvature. Beyond it "
        f"descent diverges along {report.steepest}."
    )


def best(report: DescentDynamics) -> list[str]:
    """Say which constant rate is the fastest, and how fast."""
    if report.best_rate is None or report.bottomless:
        return []
    told = f"Best constant rate: {report.best_rate:.6g}"
    epochs = report.epochs(report.best_rate)
    if report.gradient_norm == 0:
        return [f"{told}; but the gradient is 0 here, so nothing moves."]
    if epochs is None:
        return [f"{told}."]
    count = f"{'' if report.exact else 'at most '}{epochs:,} epoch{'s' * (epochs != 1)}"
    if report.quadratic:
        return [f"{told}, which brings the gradient down to a millionth in {count}."]
    stayed = (
        "if the curvature stayed as it is here, it would bring the gradient down to a millionth"
    )
    return [f"{told}; {stayed} in {count}."]


def told_rate(report: DescentDynamics, rate: float) -> str:
    """Say what a rate does at the report's point."""
    at = report.stable_limit
    factor = 1 - rate * report.largest
    if report.bottomless:
        return f"Rate {rate:.6g} finds no minimum: the loss falls forever."
    if at == math.inf:
        return f"Rate {rate:.6g} is below every limit: no direction curves upwards here."
    if rate > at:
        end = "descent diverges" if report.quadratic else "descent moves away while near here"
        return (
            f"Rate {rate:.6g} is above the stable limit {at:.6g} along {report.steepest}: each "
            f"epoch multiplies the distance from the minimum there by {factor:.6g}, so {end}. "
            f"Try {brief(report.auto)}."
        )
    epochs = report.epochs(rate)
    pace = (
        ""
        if not epochs
        else (
            f" {'About' if report.quadratic else 'If the curvature stayed as it is, about'} "
            f"{epochs:,} epoch{'s' * (epochs != 1)} bring the gradient down to a millionth."
        )
    )
    if rate > at / 2:
        return (
            f"Rate {rate:.6g} is below the stable limit {at:.6g}, and above half of it: along "
            f"{report.steepest} each epoch overshoots the minimum and keeps {-factor:.6g} of the "
            f"distance, so descent oscillates and converges.{pace}"
        )
    return (
        f"Rate {rate:.6g} is below the stable limit {at:.6g}: descent converges without "
        f"overshooting.{pace}"
    )


def brief(rate: float) -> str:
    """Write a rate to two digits, rounded down, as something to type.

    >>> brief(0.2067), brief(1234.0), brief(0.0)
    ('0.2', '1200', '0')
    """
    if not rate > 0 or math.isinf(rate):
        return f"{rate:.6g}"
    unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return f"{math.floor(rate / unit * (1 + 1e-12)) * unit:.6g}"
