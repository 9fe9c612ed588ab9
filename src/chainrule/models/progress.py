"""A bar that shows how far a fit is.

May import `history` and the bar of every run; it must not know what is fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.models.history import Epoch
from chainrule.optimize.running.progress import shown as shown_run

__all__ = ["shown"]


@contextmanager
def shown(n_epochs: int | None) -> Iterator[Callable[[Epoch], None]]:
    """Show a bar on stderr while the block runs; gives what to call as each epoch begins.

    n_epochs: how many there will be, None where nobody knows.
    Raises: MissingExtra.
    """
    with shown_run(n_epochs) as advance:
        yield lambda epoch: advance(epoch.epoch + 1, epoch.loss)
