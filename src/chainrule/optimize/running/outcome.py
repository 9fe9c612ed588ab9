"""How a run ended, as a value: what stopped it, what it shows, what is known of where it stands.

May import symptoms and sentences; it must not know how any of it was found.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.optimize.running.symptoms import Symptom
from chainrule.report import Remark, Sentence, counted, joined

__all__ = ["Outcome"]

OPENINGS = {
    "finished": "did {epochs}",
    "converged": "converged after {epochs}",
    "stopped": "stopped after {epochs}",
    "diverged": "diverged at epoch {count:,}",
    "interrupted": "was interrupted after {epochs}; everything up to there is kept",
    "failed": "could not go on after {epochs}",
}


@dataclass(frozen=True, slots=True)
class Outcome(Remark):
    """How a run ended; its sentences are made of its fields.

    status: one of `STATUSES`. epochs: how many were done. reason: what ended it. symptoms: what its
    losses show. remarks: what else is known: the best epoch, bounds that hold a parameter back,
    constraints, what the data leave undetermined, what a step of Newton would gain, where the rate
    comes from. text: the whole in words, where nothing else was kept.

    >>> from chainrule import expression, minimize
    >>> outcome = minimize(
    ...     expression("x") ** 2, {"x": 1.0}, learning_rate=0.5, n_epochs=1
    ... ).outcome
    >>> outcome.status, outcome.epochs, str(outcome)
    ('finished', 1, 'Did 1 epoch.')
    """

    status: str
    epochs: int
    reason: str = ""
    symptoms: tuple[Symptom, ...] = ()
    remarks: tuple[str, ...] = ()
    text: str = ""

    def sentence(self) -> str:
        """Return the sentences, one after the other."""
        if self.text:
            return self.text
        opening = Sentence(
            OPENINGS[self.status], epochs=counted(self.epochs, "epoch"), count=self.epochs
        )
        why = Sentence(": {reason}", reason=self.reason) if self.reason else ""
        parts: list[str] = [Sentence("{opening}{why}.", opening=opening, why=why)]
        parts += [symptom.message for symptom in self.symptoms if symptom.kind != "rest"]
        return joined([as_sentence(part) for part in (*parts, *self.remarks)])


def as_sentence(text: str) -> str:
    """Write a text as a sentence, its first word as it is where that is a name."""
    words = ("the ", "progress ", "did ", "converged ", "stopped ", "diverged ", "was ", "could ")
    return Sentence("{said!c}", said=text) if text.startswith(words) else text
