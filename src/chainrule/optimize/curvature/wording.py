"""A report on learning rates told as sentences.

May import what it tells of; it must not compute what it says.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.optimize.curvature.dynamics import DescentDynamics
from chainrule.report import Sentence, counted, joined

__all__ = ["brief", "sentences", "told_rate"]


def sentences(report: DescentDynamics) -> list[str]:
    """Write the report, a sentence a fact."""
    return [
        Sentence(
            "Learning rate at {place}, where the loss is {loss:.6g} and its gradient "
            "{gradient_norm:.6g} long.",
            place=place(report.at),
            loss=report.loss,
            gradient_norm=report.gradient_norm,
        ),
        kind(report),
        curvature(report),
        limit(report),
        *best(report),
        Sentence(
            'learning_rate="auto" takes {rate:.6g}: {reason}.',
            rate=report.auto,
            reason=report.reason,
        ),
    ]


def kind(report: DescentDynamics) -> str:
    """Say how far the curvature found here holds."""
    if not report.quadratic:
        return "The loss is not quadratic: what follows holds near here."
    if not report.proven:
        return "The loss looks quadratic: its curvature is the same at two points."
    return "The loss is quadratic: its curvature is the same everywhere."


def place(at: dict[str, Any]) -> Sentence:
    """Write the parameters, shortened."""
    parts = [
        Sentence("{name} = {value:.6g}", name=name, value=value)
        if np.ndim(value) == 0
        else Sentence("{name} of shape {shape}", name=name, shape=np.shape(value))
        for name, value in at.items()
    ]
    listed = joined(parts[:6], ", ")
    if len(parts) <= 6:
        return listed
    return Sentence("{listed} and {more} more", listed=listed, more=len(parts) - 6)


def curvature(report: DescentDynamics) -> str:
    """Say how the loss curves, upwards, downwards or not at all."""
    if report.stable_limit == math.inf and report.flat:
        return "The loss has no curvature here: it is as steep a little further on."
    along = ""
    if math.isclose(report.smallest, report.largest, rel_tol=1e-12):
        span = Sentence("The curvature is {largest:.6g}", largest=report.largest)
    else:
        if not math.isnan(report.along_gradient):
            said = ", and {curvature:.6g} along the gradient"
            along = Sentence(said, curvature=report.along_gradient)
        span = Sentence(
            "The curvature is from {smallest:.6g} (along {flattest}) to {largest:.6g} (along "
            "{steepest})",
            smallest=report.smallest,
            flattest=report.flattest,
            largest=report.largest,
            steepest=report.steepest,
        )
    told = joined([span, "" if report.exact else ", by the Lanczos method", along], "")
    if not report.convex:
        return Sentence(
            "{curvature}: the loss curves {ways}, so this is not yet near a minimum; descent "
            "leaves along {flattest}.",
            curvature=told,
            ways="downwards" if report.stable_limit == math.inf else "both ways",
            flattest=report.flattest,
        )
    if report.flat:
        return Sentence(
            "{curvature}: along {flattest} it is 0 to rounding, so the minimum is no single point.",
            curvature=told,
            flattest=report.flattest,
        )
    said = "{curvature}: condition number {condition_number:.6g}."
    return Sentence(said, curvature=told, condition_number=report.condition_number)


def limit(report: DescentDynamics) -> str:
    """Say which rates are stable."""
    if report.bottomless:
        return "The loss falls forever: no rate comes to a minimum, for there is none."
    if report.stable_limit == math.inf:
        return "There is no stable limit: no direction curves upwards."
    return Sentence(
        "Stable limit: {limit:.6g}, 2 divided by the largest curvature. Beyond it descent diverges "
        "along {steepest}.",
        limit=report.stable_limit,
        steepest=report.steepest,
    )


def best(report: DescentDynamics) -> list[str]:
    """Say which constant rate is the fastest, and how fast."""
    if report.best_rate is None or report.bottomless:
        return []
    epochs = report.epochs(report.best_rate)
    if report.gradient_norm == 0:
        then = "; but the gradient is 0 here, so nothing moves"
    elif epochs is None:
        then = ""
    elif report.quadratic:
        then = ", which brings the gradient down to a millionth in {most}{epochs}"
    else:
        then = (
            "; if the curvature stayed as it is here, it would bring the gradient down to a "
            "millionth in {most}{epochs}"
        )
    return [
        Sentence(
            f"Best constant rate: {{rate:.6g}}{then}.",
            rate=report.best_rate,
            most="" if report.exact else "at most ",
            epochs=counted(epochs or 0, "epoch"),
        )
    ]


def told_rate(report: DescentDynamics, rate: float) -> Sentence:
    """Say what a rate does at the report's point."""
    at = report.stable_limit
    factor = 1 - rate * report.largest
    fields = {"rate": rate, "limit": at, "steepest": report.steepest}
    if report.bottomless:
        return Sentence("Rate {rate:.6g} finds no minimum: the loss falls forever.", rate=rate)
    if at == math.inf:
        said = "Rate {rate:.6g} is below every limit: no direction curves upwards here."
        return Sentence(said, rate=rate)
    if rate > at:
        return Sentence(
            "Rate {rate:.6g} is above the stable limit {limit:.6g} along {steepest}: each epoch "
            "multiplies the distance from the minimum there by {factor:.6g}, so {end}. Try {auto}.",
            **fields,
            factor=factor,
            end="descent diverges" if report.quadratic else "descent moves away while near here",
            auto=brief(report.auto),
        )
    pace: str = ""
    if epochs := report.epochs(rate):
        pace = Sentence(
            " {start} {epochs} bring the gradient down to a millionth.",
            start="About" if report.quadratic else "If the curvature stayed as it is, about",
            epochs=counted(epochs, "epoch"),
        )
    if rate > at / 2:
        return Sentence(
            "Rate {rate:.6g} is below the stable limit {limit:.6g}, and above half of it: along "
            "{steepest} each epoch overshoots the minimum and keeps {kept:.6g} of the distance, so "
            "descent oscillates and converges.{pace}",
            **fields,
            kept=-factor,
            pace=pace,
        )
    return Sentence(
        "Rate {rate:.6g} is below the stable limit {limit:.6g}: descent converges without "
        "overshooting.{pace}",
        **fields,
        pace=pace,
    )


def brief(rate: float) -> Sentence:
    """Write a rate to two digits, rounded down, as something to type.

    >>> brief(0.2067), brief(1234.0), brief(0.0)
    ('0.2', '1200', '0')
    """
    if rate > 0 and not math.isinf(rate):
        unit = 10.0 ** (math.floor(math.log10(rate)) - 1)
        rate = math.floor(rate / unit * (1 + 1e-12)) * unit
    return Sentence("{rate:.6g}", rate=rate)
