"""A bar that shows how far a fit is; stands on rich (extra `cli`), imported when it is shown.

May import `errors` and `history`; it must not know what is fitted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.errors import missing_extra
from chainrule.models.history import Epoch

__all__ = ["shown"]

_SECONDS = 0.05  # between two changes of the bar: an epoch is often far shorter


@contextmanager
def shown(n_epochs: int | None) -> Iterator[Callable[[Epoch], None]]:
    """Show a bar on stderr while the block runs; gives what to call with each epoch.

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
        task = bar.add_task("fit", total=n_epochs, loss=float("nan"))
        last = 0.0
        latest: Epoch | None = None

        def advance(epoch: Epoch) -> None:
            nonlocal last, latest
            latest = epoch
            if time.monotonic() - last >= _SECONDS:
                last = time.monotonic()
                bar.update(task, completed=epoch.epoch + 1, loss=epoch.loss)

        try:
            yield advance
        finally:
            if latest is not None:
                bar.update(task, completed=latest.epoch + 1, loss=latest.loss)
