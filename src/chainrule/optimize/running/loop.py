"""The loop: an epoch, what is written down, who is told, and whether to go on.

May import ways, the record, the judge and those who watch; it must not know how a run was asked
for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from chainrule.optimize.methods.method import State
from chainrule.optimize.problem.objective import Objective
from chainrule.optimize.problem.point import Point
from chainrule.optimize.running.record import Figures, Record
from chainrule.optimize.running.shortcut import Ahead
from chainrule.optimize.running.stopping import Judge
from chainrule.optimize.running.symptoms import GROWTH, grew_since
from chainrule.optimize.running.trace import Entry
from chainrule.optimize.running.verdict import stable_report
from chainrule.optimize.running.ways import AT_A_KINK, Way
from chainrule.optimize.solvers.solver import has_converged
from chainrule.report import Sentence

__all__ = ["Loop", "Moment"]

# A loss so many times that of the start is worth a look at the curvature.
EXPLODED = 1e6
ASKED = "the callback asked for it"
Watcher = Callable[[Entry], object]


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """All that a run needs to go on after an epoch: where it stands, and what draws the rows."""

    epoch: int
    point: Point
    state: State
    random: Any = None


class Keeper(Protocol):
    """Who saves a run now and then."""

    def keep(self, moment: Moment, record: Record) -> None:
        """Save it, if it is time."""


@dataclass(slots=True, eq=False)
class Loop:
    """A run that goes on until something ends it; `moment` is where it stands, whatever happens.

    watchers: told of each entry after the start; true from one of them ends the run. before: told
    of where an epoch begins; true makes it the last one. keeper: saves the run.
    """

    way: Way
    moment: Moment
    record: Record
    judge: Judge
    most_epochs: int
    validation: Objective | None = None
    watchers: tuple[Watcher, ...] = ()
    keeper: Keeper | None = None
    before: Watcher | None = None
    stops_when_diverging: bool = True
    _pending: tuple[Moment, Figures] | None = None
    _ceiling: float = math.inf
    _began: float = 0.0

    def go(self) -> tuple[str, str]:
        """Run from the entries written so far; give the status and the reason of the end."""
        self._ceiling = EXPLODED * abs(float(self.record.figures[0, 0]))
        try:
            return self._epochs()
        except KeyboardInterrupt:
            self._settle()
            return "interrupted", ""

    def would_go_on(self, end: tuple[str, str]) -> bool:
        """Tell whether a run that ended so would go on, if it were given more epochs."""
        if end[0] == "diverged":
            looks_on = self.way.recovers or not self.stops_when_diverging
            return looks_on and self.moment.epoch >= self.most_epochs
        return end[0] in ("finished", "interrupted") or end[1] == ASKED

    def begin(self) -> tuple[str, str]:
        """Write down the start; a status and a reason where that is the end already."""
        self._began = time.perf_counter()
        end = self._written(self.moment, math.nan)
        return end if self.moment.point.is_finite else ("diverged", "")

    def rejudged(self) -> tuple[str, str]:
        """Judge all entries anew, where a run goes on; the answer is that to the last one."""
        figures = self.record.figures
        self._began = time.perf_counter() - float(figures[-1, 3])
        end = ("", "")
        for epoch, (loss, norm, _, _, held_out, broken) in enumerate(figures.tolist()):
            end = self.judge.told(
                epoch, loss, max(norm, broken), held_out if self.validation else loss
            )
        return end

    def _epochs(self) -> tuple[str, str]:
        way = self.way
        while (epoch := self.moment.epoch) < self.most_epochs:
            ahead = way.ahead(self.moment.point, self.moment.state, epoch, self.most_epochs - epoch)
            if ahead is not None and self._unwatched and self._leapt(ahead, epoch):
                continue
            last = self.before is not None and is_yes(self.before(self.record.last()))
            if ahead is None:
                point, state, why = way.advance(self.moment.point, self.moment.state, epoch)
            else:
                place = epoch - ahead.first
                point, state, why = ahead.point(place), ahead.state(place), ""
            moment = Moment(epoch + 1, point, state, way.random_state())
            end = self._written(moment, way.rate(epoch))
            asked = self._told()
            if self._has_diverged(point):
                return "diverged", ""
            if end[0]:
                return end
            if why:
                return (status_of(why), reason_of(why)) if point.is_finite else ("diverged", "")
            if asked or last:
                return "stopped", ASKED
            # Last, so that what is gone on with has not ended yet.
            if self.keeper is not None:
                self.keeper.keep(self.moment, self.record)
        if not self.moment.point.is_finite:
            return "diverged", ""
        return "finished", self.judge.short_of(float(self.record.figures[-1, 1]))

    @property
    def _unwatched(self) -> bool:
        """Whether nobody looks at an epoch before the next is made."""
        watched = self.watchers or self.keeper or self.before or self.validation
        return not watched and self.judge.is_idle()

    def _leapt(self, ahead: Ahead, epoch: int) -> bool:
        """Write down epochs that were made at once, up to one that may have diverged, if any."""
        first = epoch - ahead.first
        fine = np.isfinite(ahead.values) & np.isfinite(ahead.gradients).all(axis=1)
        if self.stops_when_diverging:
            fine &= ~(ahead.values > self._ceiling)
        else:
            fine[:] = True
        ends = np.flatnonzero(~fine[first:])
        count = int(ends[0]) if len(ends) else len(fine) - first
        if not count:
            return False
        chosen = slice(first, first + count)
        figures = np.empty((count, 6))
        figures[:, 0], figures[:, 1] = ahead.values[chosen], ahead.norms()[chosen]
        figures[:, 2], figures[:, 3] = self.way.rate(epoch), time.perf_counter() - self._began
        figures[:, 4], figures[:, 5] = math.nan, 0.0
        last = first + count - 1
        self.record.extend(figures, ahead.vectors[chosen])
        self.moment = Moment(epoch + count, ahead.point(last), ahead.state(last))
        return True

    def _written(self, moment: Moment, rate: float) -> tuple[str, str]:
        """Write down where the run stands, and ask whether that is the end."""
        point = moment.point
        norm, broken = self.way.standing(point)
        held_out = self.validation.value(point.vector) if self.validation else math.nan
        figures = (point.value, norm, rate, time.perf_counter() - self._began, held_out, broken)
        self._pending = (moment, figures)
        self._settle()
        watched = held_out if self.validation else point.value
        return self.judge.told(moment.epoch, point.value, max(norm, broken), watched)

    def _settle(self) -> None:
        """Write down what is pending, also where an interrupt has come in between."""
        if self._pending is not None:
            moment, figures = self._pending
            if self.record.count == moment.epoch:
                self.record.add(figures, moment.point.vector)
            self.moment = moment
            self._pending = None

    def _told(self) -> bool:
        """Tell those who watch; whether one of them wants an end."""
        if not self.watchers:
            return False
        entry = self.record.last()
        answers = [is_yes(watcher(entry)) for watcher in self.watchers]  # all are told
        return any(answers)

    def _has_diverged(self, point: Point) -> bool:
        if not self.stops_when_diverging or self.way.recovers:
            return False
        return not point.is_finite or (point.value > self._ceiling and self._explodes())

    def _explodes(self) -> bool:
        """Tell whether plain descent has left for good: its rate is beyond the limit here.

        Asked now and then alone, and of what is written down alone: a resumed run asks alike.
        """
        losses = self.record.figures[:, 0]
        grown = len(losses) - 1 - grew_since(losses)
        if not self.way.is_plain or grown < GROWTH or grown % GROWTH:
            return False
        report = stable_report(self.way, self.moment.point)
        rate = self.way.constant_rate or 0.0
        return report is not None and rate > report.stable_limit


def is_yes(answer: object) -> bool:
    """Tell whether a watcher asks for an end: by True, not by what happens to be no zero."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


def status_of(why: str) -> str:
    """Return the status of a run that a solver ended, by the words that it ended with."""
    if why.startswith(AT_A_KINK):
        return "stopped"
    return "converged" if has_converged(why) else "failed"


def reason_of(why: str) -> str:
    """Return a solver's reason without the word that the message begins with."""
    if isinstance(why, Sentence):
        return why
    return why.removeprefix("converged").lstrip(": ").rstrip(".")
