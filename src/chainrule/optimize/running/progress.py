"""A bar that shows how far a run is; stands on rich (extra `cli`), imported when it is shown.

May import the errors; it must not know what is run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.errors import missing_extra

__all__ = ["shown"]

_SECONDS = 0.05  # between two changes of the bar: an epoch is often far shorter


@contextmanager
def shown(n_epochs: int | None) -> Iterator[Callable[[int, float], None]]:
    """Show a bar on stderr while the block runs; gives what to call with epochs done and the loss.

    n_epochs: how many there will be, None where nobody knows.
    Raises: MissingExtra.
    """
    try:
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.progress import (  # noqa: PLC0415 - an extra
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )
    except ModuleNotFoundError as error:
        raise missing_extra("rich", "cli", "A progress bar") from error
    columns = (
        TextColumn("epoch"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.6g}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("run", total=n_epochs, loss=math.nan)
        last = 0.0
        latest = (0, math.nan)

        def advance(done: int, loss: float) -> None:
            nonlocal last, latest
            latest = done, loss
            if time.monotonic() - last >= _SECONDS:
                last = time.monotonic()
                bar.update(task, completed=done, loss=loss)

        try:
            yield advance
        finally:
            bar.update(task, completed=latest[0], loss=latest[1])
