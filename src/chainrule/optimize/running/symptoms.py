"""What a run shows of itself: divergence, oscillation, a plateau, slow progress, in words.

Pure functions of the losses and gradient norms after each epoch. May import the report on learning
rates, whose numbers they quote; it must not know how a descent is run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import SettingError, ShapeError
from chainrule.optimize.curvature.dynamics import DescentDynamics, checked_rate
from chainrule.optimize.curvature.wording import brief, place
from chainrule.report import Remark, Sentence, counted
from chainrule.tables.columns import Floats

__all__ = ["Seen", "Symptom", "diagnose", "divergence", "seen_from"]

GROWTH = 5  # epochs in a row: fewer happen to noise, and to momentum
TURNS = 20  # epochs looked at for ups and downs
STILL = 10  # epochs without change that make a plateau
AT_REST = 1e-6  # of the first gradient: a descent has arrived
PATIENCE = 10  # times the epochs done: longer to go than that is slow
MANY = 1_000  # epochs to go that nobody minds
BENT = 0.5  # of 1 divided by the rate: a curvature below it does not make a step turn back
ROUNDING = 1e-12  # of all that the loss has changed: below it, changes are rounding


@dataclass(frozen=True, slots=True)
class Symptom(Remark):
    """What a run shows: "divergence", "oscillation", "plateau", "rest" or "slowness".

    since: the epoch that it began after. message: the same in words, a `Sentence` whose numbers are
    its fields.

    >>> print(Symptom("plateau", 3, "the loss stands still."))
    the loss stands still.
    """

    kind: str
    since: int
    message: str

    def sentence(self) -> str:
        """Return the message."""
        return self.message


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A run as far as it went: what the symptoms are read from.

    losses, norms, parameters: of the start and after each epoch, (k,), (k,), (k, n); but for the
    losses they may be missing. first: the epoch of the first of them, where the run is longer.
    rate: constant, where known. names: of the parameters.
    """

    losses: Floats
    norms: Floats | None = None
    rate: float | None = None
    report: DescentDynamics | None = None
    first: int = 0
    parameters: Floats | None = None
    names: Sequence[str] = ()

    @property
    def spread(self) -> float:
        """How far apart the finite losses are."""
        finite = self.losses[np.isfinite(self.losses)]
        return float(np.ptp(finite)) if len(finite) else 0.0


def diagnose(
    losses: Any,
    norms: Sequence[float] | Floats | None = None,
    *,
    rate: float | None = None,
    report: DescentDynamics | None = None,
    first: int = 0,
    parameters: Floats | None = None,
    names: Sequence[str] = (),
) -> tuple[Symptom, ...]:
    """Say what a run shows, the worst first; nothing where all is well.

    losses: of the start and after each epoch, (k,), or a trace. norms: the gradient's, likewise;
    a trace has its own. rate: the constant learning rate. report: of `learning_rate_report`, for
    its stable limit and a rate to try; without it they are estimated from how fast the loss grew.
    first: the epoch of losses[0], where these are the last ones of a longer run. parameters:
    likewise, (k, n), with the names of their n elements: they show steps that overshoot while the
    loss still falls.
    Raises: ShapeError for columns of other lengths; SettingError for a rate that is not positive.

    >>> diagnose([8.0, 4.0, 2.0, 1.0, 0.5])
    ()
    >>> for symptom in diagnose([1.0, 1.44, 2.0736, 2.986, 4.2998, 6.1917, 8.916], rate=1.1):
    ...     print(symptom)
    the loss grew 6 epochs in a row from epoch 0, from 1 to 8.916: rate 1.1 is above the stable
    limit, which by this growth is about 1; try 0.5.
    """
    if norms is None:
        norms = getattr(losses, "gradient_norm", None)
    run = Seen(
        column("losses", getattr(losses, "loss", losses)),
        None if norms is None else column("norms", norms),
        None if rate is None else checked_rate(rate),
        report,
        first,
        None if parameters is None else np.asarray(parameters, dtype=np.float64),
        names,
    )
    if run.norms is not None and len(run.norms) != len(run.losses):
        raise ShapeError(
            f"there are {len(run.losses)} losses and {len(run.norms)} norms. Give one of each for "
            "the start and for every epoch."
        )
    if run.parameters is not None and run.parameters.shape != (len(run.losses), len(names)):
        raise ShapeError(
            f"parameters have shape {run.parameters.shape}, for {len(run.losses)} losses and "
            f"{len(names)} names. Give a row for each loss and a name for each column."
        )
    found: list[Symptom] = []
    for check in (divergence, oscillation, plateau, slowness):
        symptom = check(run)
        if symptom is not None:
            found.append(symptom)
            if symptom.kind != "oscillation":
                break  # what diverges or stands still is not slow as well
    return tuple(found)


def seen_from(symptom: Symptom, parameters: Floats) -> Floats:
    """Return the parameters whose curvature explains a symptom: where it happens.

    Growth is explained by where it began, swings by the middle between the last two points, and
    the rest by where the run has come to. Shapes: (k, n) -> (n,), a row for each epoch from 0.

    >>> path = np.array([[3.0], [-1.0], [2.0]])
    >>> (
    ...     seen_from(Symptom("oscillation", 0, ""), path),
    ...     seen_from(Symptom("plateau", 0, ""), path),
    ... )
    (array([0.5]), array([2.]))
    """
    found: Floats = parameters[-1]
    if symptom.kind == "divergence":
        found = parameters[symptom.since]
    elif symptom.kind == "oscillation":
        found = parameters[-2:].mean(axis=0)
    return found


def column(called: str, values: Any) -> Floats:
    """Return a sequence of numbers as floats.

    Raises: SettingError where it is empty or no column.
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = None
    if found is not None and found.ndim == 1 and len(found):
        return found
    what = f"are {values!r:.60}" if found is None else f"have shape {found.shape}"
    raise SettingError(
        f"{called} must be a column of numbers, one for the start and one for every epoch, "
        f"but {what}."
    )


def divergence(run: Seen) -> Symptom | None:
    """Find a loss that grew to the end, or is no number any more."""
    losses = run.losses
    finite = np.isfinite(losses)
    end = len(losses) if finite.all() else int(np.argmin(finite))
    since = grew_since(losses[:end])
    grown = end - 1 - since
    if end == 0:
        told = Sentence(
            "the loss is {loss} before the first step: start where it is a number.", loss=losses[0]
        )
        return Symptom("divergence", run.first, told)
    if end == len(losses):
        low, high = float(losses[since]), float(losses[-1])
        least = max(AT_REST * abs(low), ROUNDING * run.spread)
        if grown < GROWTH or high - low <= least:
            return None
        what = Sentence(
            "the loss grew {grown} epochs in a row from epoch {since}, from {low:.6g} to "
            "{high:.6g}",
            grown=grown,
            since=run.first + since,
            low=low,
            high=high,
        )
    elif losses[end] == -math.inf:
        told = Sentence(
            "the loss became -inf at epoch {epoch}: it has no least value this way.",
            epoch=run.first + end,
        )
        return Symptom("divergence", run.first + since, told)
    else:
        what = Sentence(
            "the loss became {loss} at epoch {epoch}", loss=losses[end], epoch=run.first + end
        )
        if grown:
            what = Sentence(
                "{what}, after it grew {epochs} in a row from epoch {since}",
                what=what,
                epochs=counted(grown, "epoch"),
                since=run.first + since,
            )
    why = why_it_grew(run, since, end)
    return Symptom("divergence", run.first + since, Sentence("{what}{why}.", what=what, why=why))


def grew_since(losses: Floats) -> int:
    """Return the place after which every loss is larger than the one before."""
    falls = np.flatnonzero(~(np.diff(losses) > 0))
    return int(falls[-1]) + 1 if len(falls) else 0


def why_it_grew(run: Seen, since: int, end: int) -> str:
    """Say what the rate has to do with it, and which one to try."""
    if run.rate is None:
        return ": use a smaller rate"
    report = run.report
    if report is not None and report.stable_limit < math.inf:
        limit = report.stable_limit
        if run.rate > limit:
            return Sentence(
                ": rate {rate:.6g} is above the stable limit {limit:.6g} along {along}; try "
                "{better}",
                rate=run.rate,
                limit=limit,
                along=report.steepest,
                better=brief(report.auto),
            )
        return Sentence(
            ": rate {rate:.6g} is below the stable limit {limit:.6g} where that was taken, so the "
            "curvature is larger here; try {better}",
            rate=run.rate,
            limit=limit,
            better=brief(run.rate / 4),
        )
    limit = limit_by_growth(run, since, end)
    if math.isnan(limit):
        return Sentence(
            ": rate {rate:.6g} is too large; try {better}",
            rate=run.rate,
            better=brief(run.rate / 4),
        )
    return Sentence(
        ": rate {rate:.6g} is above the stable limit, which by this growth is about {limit:.4g}; "
        "try {better}",
        rate=run.rate,
        limit=limit,
        better=brief(limit / 2),
    )


def limit_by_growth(run: Seen, since: int, end: int) -> float:
    """Estimate the stable limit from how fast a run grew; NaN where it does not tell.

    Along the steepest direction an epoch multiplies the gradient by 1 - rate * curvature, and the
    changes of the loss by its square, whatever the loss at the minimum is.
    """
    if run.rate is None:
        return math.nan
    with np.errstate(all="ignore"):
        if run.norms is not None and end - since >= 2:
            factor = run.norms[end - 1] / run.norms[end - 2]
        elif end - since >= 3:
            changes = np.diff(run.losses[end - 3 : end])
            factor = math.sqrt(changes[1] / changes[0])
        else:
            return math.nan
    if not (math.isfinite(factor) and factor > 1):
        return math.nan
    return float(2 * run.rate / (1 + factor))


def oscillation(run: Seen) -> Symptom | None:
    """Find a loss that keeps turning, and climbs a good part of what it falls."""
    losses = run.losses[-TURNS - 1 :]
    if len(losses) < STILL + 1 or not np.isfinite(losses).all():
        return None
    changes = np.diff(losses)
    rises = float(changes[changes > 0].sum())
    turns = int(np.count_nonzero(changes[1:] * changes[:-1] < 0))
    scale = max(AT_REST * float(np.abs(losses).max()), ROUNDING * run.spread)
    if turns < len(changes) / 5 or rises <= scale or not climbs(losses):
        return overshooting(run)
    return Symptom(
        "oscillation",
        run.first + len(run.losses) - len(losses),
        Sentence(
            "the loss goes up and down: it turned {turns} times in the last {epochs} epochs, "
            "between {least:.6g} and {most:.6g}{why}.",
            turns=turns,
            epochs=len(changes),
            least=losses.min(),
            most=losses.max(),
            why=why_it_swings(run),
        ),
    )


def climbs(losses: Floats) -> bool:
    """Tell whether losses climb a good part of what they fall."""
    changes = np.diff(losses)
    return float(changes[changes > 0].sum()) >= float(-changes[changes < 0].sum()) / 4


def overshooting(run: Seen) -> Symptom | None:
    """Find a parameter whose every step goes back on the one before, though the loss falls."""
    if run.parameters is None or len(run.parameters) < STILL + 2:
        return None
    steps = np.diff(run.parameters, axis=0)
    late = steps[-STILL - 1 :]
    size = np.abs(late[-1])
    turning = np.all(late[1:] * late[:-1] < 0, axis=0)
    # Neither a tremble beside what others do, nor the rounding around a minimum.
    turning &= size > max(0.1 * float(size.max()), AT_REST * float(np.abs(steps).max()))
    if not turning.any():
        return None
    place = int(np.argmax(np.where(turning, size, 0.0)))
    kept = float((size[place] / abs(late[0, place])) ** (1 / STILL))
    return Symptom(
        "oscillation",
        run.first + len(steps) - STILL,
        Sentence(
            "{name} overshoots: its step turned back in each of the last {epochs} epochs, and was "
            "{kept:.2g} times the one before{why}.",
            name=run.names[place],
            epochs=STILL,
            kept=kept,
            why=why_it_swings(run),
        ),
    )


def why_it_swings(run: Seen) -> str:
    """Say what to do about ups and downs."""
    if run.rate is None:
        return ": steps overshoot, or rows are too few at a time; use a smaller rate"
    report = run.report
    if report is not None and run.rate > report.stable_limit / 2 and bends(run, report):
        limit = report.stable_limit
        return Sentence(
            ": rate {rate:.6g} is {above} the stable limit {limit:.6g}{where}, where steps "
            "overshoot along {along}; try {better}",
            rate=run.rate,
            above="above" if run.rate > limit else "above half of",
            limit=limit,
            where="" if report.quadratic else Sentence(" at {place}", place=place(report.at)),
            along=report.steepest,
            better=brief(min(report.auto, limit / 2)),
        )
    return Sentence(
        ": steps overshoot, or rows are too few at a time; try {better}, or let the rate fall from "
        "epoch to epoch",
        better=brief(run.rate / 2),
    )


def bends(run: Seen, report: DescentDynamics) -> bool:
    """Tell whether the loss is curved along the swing: across a kink it is not, nor over a hump."""
    if run.rate is None or run.parameters is None or len(run.parameters) < 3:
        return True
    # The second difference: what goes on in one direction falls out of it.
    along = report.curvature_along(np.diff(run.parameters[-3:], n=2, axis=0)[0])
    return not along * run.rate < BENT


def plateau(run: Seen) -> Symptom | None:
    """Find a loss that no longer moves: at rest where the gradient is gone, or on a plateau."""
    losses, norms = run.losses, run.norms
    last = float(losses[-1])
    moved = np.abs(losses - last) > max(1e-9 * abs(last), ROUNDING * run.spread)
    since = int(np.flatnonzero(moved)[-1]) + 1 if moved.any() else 0
    still = len(losses) - 1 - since
    if still < STILL or not math.isfinite(last):
        return None
    what = Sentence("the loss has stood at {last:.6g} for {still:,} epochs", last=last, still=still)
    if norms is None:
        why: str = ": it has arrived, or the ground is flat"
    elif since == 0 and norms[0] > 0:
        why = Sentence(
            " since the start, where the gradient is {slope:.4g} long: start elsewhere, or use a "
            "larger rate",
            slope=norms[0],
        )
    elif norms[-1] <= AT_REST * norms.max():
        why = Sentence(
            ", and the gradient is down to {gone:.2g} of its largest: it has arrived",
            gone=0.0 if norms.max() == 0 else norms[-1] / norms.max(),
        )
        told = Sentence("{what}{why}.", what=what, why=why)
        return Symptom("rest", run.first + since, told)
    else:
        why = Sentence(
            ", though the gradient is still {left:.2g} of its largest: the steps are too short, or "
            "turn on the spot; change the rate",
            left=norms[-1] / norms.max(),
        )
    return Symptom("plateau", run.first + since, Sentence("{what}{why}.", what=what, why=why))


def slowness(run: Seen) -> Symptom | None:
    """Find a descent that at its pace needs many times the epochs done."""
    done = len(run.losses) - 1
    kept = pace(run)
    if done < STILL or not 0 < kept < 1 or run.norms is None or climbs(run.losses[-TURNS - 1 :]):
        return None
    left = float(run.norms[-1] / run.norms[0])
    if left <= AT_REST:
        return None
    to_go = math.log(AT_REST / left) / math.log(kept)
    if to_go < max(MANY, PATIENCE * done):
        return None
    return Symptom(
        "slowness",
        run.first,
        Sentence(
            "progress is slow: an epoch takes {percent:.2g} % off the gradient, so at this pace, "
            "which seldom grows, it is at least {epochs:,} more epochs to a millionth of the first"
            "{why}.",
            percent=100 * (1 - kept),
            epochs=round_up(to_go),
            why=why_slow(run),
        ),
    )


def pace(run: Seen) -> float:
    """Return the part of the gradient that an epoch leaves, over the later half; NaN if unknown."""
    if run.norms is None or len(run.norms) < 3:
        return math.nan
    count = max(1, (len(run.norms) - 1) // 2)
    before, now = float(run.norms[-1 - count]), float(run.norms[-1])
    return (now / before) ** (1 / count) if before > 0 and now > 0 else math.nan


def round_up(count: float) -> int:
    """Round a count up to two digits, since it is an estimate."""
    unit = 10.0 ** max(0, math.floor(math.log10(count)) - 1)
    return round(math.ceil(count / unit) * unit)


def why_slow(run: Seen) -> str:
    """Say whether the rate is to blame or the shape of the loss."""
    report = run.report
    if run.rate is None or report is None or report.stable_limit == math.inf:
        return ": use a larger rate, columns of one scale, or momentum"
    if run.rate < report.stable_limit / 10:
        return Sentence(
            ": rate {rate:.6g} is far below the stable limit {limit:.6g}; try {better}",
            rate=run.rate,
            limit=report.stable_limit,
            better=brief(report.auto),
        )
    return Sentence(
        ": rate {rate:.6g} is near the stable limit {limit:.6g}, and the condition number is "
        "{condition:.4g}; bring the columns to one scale, or use momentum or second derivatives",
        rate=run.rate,
        limit=report.stable_limit,
        condition=report.condition_number,
    )
