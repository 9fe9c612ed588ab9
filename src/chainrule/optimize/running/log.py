"""A run as lines of JSON, one an epoch, written as it goes.

May import the trace; it must not know how a run is made.
"""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from chainrule.errors import NotSavedWarning, SettingError, ValueTypeError
from chainrule.optimize.running.trace import Entry

__all__ = ["Log", "opened_log"]

MOST_PARAMETERS = 100  # numbers; beyond, a line holds none


class Log:
    """Writes entries to a stream, and lets each go at once.

    JSON has no NaN and no infinity: null stands for them. A line that cannot be written is the last
    one, with a warning: a run is not to be lost for it.
    """

    __slots__ = ("_stream", "failed")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failed = False

    def entry(self, entry: Entry) -> None:
        """Write an entry: its figures, and the parameters where they are 100 numbers at most."""
        line: dict[str, Any] = {
            "epoch": entry.epoch,
            "loss": entry.loss,
            "gradient_norm": entry.gradient_norm,
            "rate": entry.rate,
            "seconds": round(entry.seconds, 6),
        }
        if entry.validation_loss is not None:
            line["validation_loss"] = entry.validation_loss
        if entry.broken is not None:
            line["broken"] = entry.broken
        if sum(np.size(value) for value in entry.parameters.values()) <= MOST_PARAMETERS:
            line["parameters"] = entry.parameters
        self.event(line)

    def event(self, line: dict[str, Any]) -> None:
        """Write a line. Warns: NotSavedWarning."""
        if self.failed:
            return
        try:
            self._stream.write(json.dumps(plain(line), allow_nan=False, ensure_ascii=False) + "\n")
            self._stream.flush()
        except OSError as error:
            self.failed = True
            told = f"log: no line can be written any more: {error}. The run goes on without it."
            warnings.warn(told, NotSavedWarning, stacklevel=2)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def refuse_no_place(path: Path) -> None:
    """Refuse a path that no file can be at.

    Raises: SettingError.
    """
    if path.is_dir():
        raise SettingError(f"log: {path} is a folder. Give a file in it.")
    if not path.resolve().parent.is_dir():
        raise SettingError(f"log: there is no folder {path.resolve().parent}. Make it first.")


@contextmanager
def opened_log(target: Any, *, append: bool = False) -> Iterator[Log | None]:
    """Open a log for the block: a path, a text stream (which stays open), or None for no log.

    append: go on where a file ends, on a new line where it was cut short.
    Raises: ValueTypeError, SettingError; OSError.
    """
    if target is None:
        yield None
    elif isinstance(target, str | os.PathLike):
        path = Path(target)
        refuse_no_place(path)
        cut = append and path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
        stream = path.open("a" if append else "w", encoding="utf-8")
        log = Log(stream)
        try:
            stream.write("\n" * cut)
            yield log
        finally:
            # What could not be written stands in the way of closing, too.
            with suppress(OSError) if log.failed else nullcontext():
                stream.close()
    elif hasattr(target, "write") and hasattr(target, "flush"):
        yield Log(target)
    else:
        raise ValueTypeError(f"log must be a path or a text stream, not {target!r:.60}.")
