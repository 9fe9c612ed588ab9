"""What a run moves, and what its users see of it: a reparametrisation of the problem.

May import the packing; it must not know why other coordinates were chosen.
"""

from __future__ import annotations

from typing import Protocol

from chainrule.optimize.problem.packing import Packing
from chainrule.tables.columns import Floats

__all__ = ["Coordinates"]


class Coordinates(Protocol):
    """The way back from the numbers that a run moves to the parameters that its users know."""

    @property
    def packing(self) -> Packing:
        """The parameters that users know."""

    def parameters(self, found: Floats) -> Floats:
        """Return these parameters: (..., m) -> (..., n)."""

    def losses(self, found: Floats) -> Floats:
        """Return losses in the users' unit."""
