"""Methods of descent: how often each finds the known minimum, from 20 starts on every landscape.

Every landscape of one objective with a slope of 0 at its minimum, at its usual size, kept within
its box by `bounds`. The starts are random points of the box, `landscape.start(seed)` with the seeds
0 to 19, the same for all. A start counts where an epoch comes within 1e-6 of the known least value,
among at most 500. Nothing is tuned to a landscape: gradient descent, momentum and Nesterov's method
have the rate that they choose by themselves, from the curvature at the start; methods that scale
their steps begin with 1% of the widest side of the box, which falls to 0 along a cosine; the others
need no rate. All of them go downhill from where they are: on a landscape of many valleys, the
number of successes is mostly that of starts in the right one.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from benchmarks.harness import OURS, Effort, Section, Table, figures, told_seconds
from chainrule import landscapes, minimize
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.schedules import CosineAnnealingLR

PEER = "SciPy, L-BFGS-B"
SCALED = ("adagrad", "rmsprop", "adam", "nadam", "lion")
METHODS = (
    *("gradient descent", "momentum", "nesterov", *SCALED),
    *("line search", "conjugate gradient", "l-bfgs", "bfgs", "newton-cg", "newton"),
)
STARTS = 20
MOST_EPOCHS = 500
# Of the widest side of the box: the first rate of methods whose steps are about as long as it.
SHARE_OF_SIDE = 0.01
NEAR = 1e-6


@dataclass(frozen=True)
class Attempt:
    """A run from one start: the epochs it took, None where it failed, and the time it spent."""

    epochs: int | None
    seconds: float


def smooth():
    """Return the landscapes with one objective and a slope of 0 at the minimum."""
    listed = landscapes.catalogue().only("one objective")
    return [landscape for landscape in listed if landscape.slope == "smooth"]


def falling_rate(landscape):
    """Return the rates of methods whose steps are as long as their rate, whatever the gradient."""
    widest = max(high - low for low, high in landscape.sides)
    return CosineAnnealingLR(SHARE_OF_SIDE * widest, MOST_EPOCHS)


def attempt(landscape, method, seed):
    """Descend from a start until the value is near the least one, or nothing more happens."""
    least = landscape.minimum
    begun = time.process_time()
    trace = minimize(
        landscape.expression,
        landscape.start(seed),
        method=method,
        learning_rate=falling_rate(landscape) if method in SCALED else None,
        n_epochs=MOST_EPOCHS,
        bounds=landscape.box,
        callback=lambda entry: abs(entry.loss - least) <= NEAR,
        keep_path=False,
    )
    spent = time.process_time() - begun
    reached = abs(trace.final.loss - least) <= NEAR
    return Attempt(trace.final.epoch if reached else None, spent)


def attempt_of_scipy(landscape, _, seed):
    """Do the same with SciPy's method, which is handed the same value and gradient."""
    from scipy.optimize import minimize as descended

    begun = time.process_time()
    loss = DenseObjective(landscape.expression, landscape.start(seed))
    found = descended(
        loss.value_and_gradient,
        loss.start,
        jac=True,
        method="L-BFGS-B",
        bounds=[landscape.box[name] for name in loss.packing.names],
        options={"maxiter": MOST_EPOCHS, "ftol": 0.0, "gtol": 1e-10},
    )
    spent = time.process_time() - begun
    return Attempt(int(found.nit) if abs(found.fun - landscape.minimum) <= NEAR else None, spent)


def successes(attempts):
    return sum(made.epochs is not None for made in attempts)


def summary_row(name, results):
    """Tell of a method over all landscapes."""
    made = [one for attempts in results.values() for one in attempts]
    taken = [one.epochs for one in made if one.epochs is not None]
    return [
        name,
        f"{successes(made):,} of {len(made):,}",
        f"{successes(made) / len(made):.0%}",
        str(sum(successes(attempts) > 0 for attempts in results.values())),
        str(sum(successes(attempts) == len(attempts) for attempts in results.values())),
        figures(statistics.median(taken)) if taken else "",
        told_seconds(sum(one.seconds for one in made) / len(made)),
    ]


def run(**options):
    effort = Effort(**options)
    asked = smooth()[:3] if effort.quick else smooth()
    seeds = range(1 if effort.quick else STARTS)
    contestants = {f"{OURS}, {method}": (attempt, method) for method in METHODS}
    has_scipy = effort.has("scipy")
    if has_scipy:
        contestants[PEER] = (attempt_of_scipy, "")
    results = {
        name: {
            landscape.name: [descend(landscape, method, seed) for seed in seeds]
            for landscape in asked
        }
        for name, (descend, method) in contestants.items()
    }
    together = Table(
        f"All {len(asked)} landscapes together",
        ["", "starts", "rate", "found on", "from every start on", "epochs", "time a start"],
        [summary_row(name, found) for name, found in results.items()],
        "Epochs: the median of those that succeeded. Time: the processor's, failures included.",
    )
    short = [*METHODS, *([PEER] if has_scipy else [])]
    each = Table(
        f"Successes on each landscape, of {len(seeds)}",
        ["", *short],
        [
            [landscape.name, *[str(successes(found[landscape.name])) for found in results.values()]]
            for landscape in asked
        ],
    )
    return Section([together, each], peers=["scipy"])
