"""What a check found, collected: each finding names what was compared and what differed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.report import Remark, Sentence

__all__ = ["Finding", "Findings", "near"]


@dataclass(frozen=True, slots=True)
class Finding(Remark):
    """One thing that is wrong with an operation. check: what was looked at, in a word."""

    check: str
    message: str

    def sentence(self) -> Sentence:
        """Say what was looked at, and what is wrong with it."""
        return Sentence("{check}: {message}", check=self.check, message=self.message)


@dataclass(slots=True)
class Findings:
    """A notebook for findings: the same words are written down once."""

    wrong: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, check: str, message: str, **fields: Any) -> None:
        """Write down something that is wrong; fields: what stands in the message."""
        made = Finding(check, Sentence(message, **fields))
        if made not in self.wrong:
            self.wrong.append(made)

    def note(self, message: str, **fields: Any) -> None:
        """Write down something that could not be checked."""
        made = Sentence(message, **fields)
        if made not in self.notes:
            self.notes.append(made)

    def same(self, agrees: bool, check: str, message: str, **fields: Any) -> None:  # noqa: FBT001 - the verdict
        """Count a comparison, and write down the message if it failed."""
        self.count += 1
        if not agrees:
            self.add(check, message, **fields)


def near(left: object, right: object, tolerance: float) -> bool:
    """Tell whether two numbers or arrays agree, NaN with NaN and infinity with itself."""
    one, two = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if one.shape != two.shape:
        return False
    # What is smaller than the smallest normal number has lost digits.
    return bool(np.allclose(one, two, rtol=tolerance, atol=np.finfo(float).tiny, equal_nan=True))
