"""A run as a file that it can be gone on from to the same bits, written now and then as it goes.

Holds parameters, the method's state and settings, the rates, the generator of batches, the stopping
rules and all entries; nothing in it is ever run. May import the loop and the archive; it must not
know how a run is asked for.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileFormatError, NotSavedWarning, SettingError
from chainrule.optimize.running.loop import Moment
from chainrule.optimize.running.record import Record
from chainrule.optimize.running.stopping import EPOCHS
from chainrule.optimize.saving.archive import PREVIOUS, part, read_document, write_document
from chainrule.optimize.settings import Range

__all__ = ["Checkpoint", "Saver", "as_checkpoint", "generator_of", "read_checkpoint"]

FORMAT, VERSION = "chainrule checkpoint", 1
SECONDS = Range(0.0, high_open=True, example=30)
GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where and how often a run is saved: every so many epochs or seconds, and at its end.

    The file is replaced at once or not at all, and the one before is kept beside it, with
    ".previous" appended to its name. `resume` goes on from it.
    Raises: SettingError.

    >>> Checkpoint("run.json", every_epochs=100)
    Checkpoint(path='run.json', every_epochs=100, every_seconds=30.0)
    """

    path: str | os.PathLike[str]
    every_epochs: int | None = None
    every_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Check the settings."""
        if not isinstance(self.path, str | os.PathLike):
            raise SettingError(f"checkpoint must be a path or a Checkpoint, not {self.path!r:.60}.")
        if self.every_epochs is not None:
            count = EPOCHS.checked("every_epochs", self.every_epochs)
            object.__setattr__(self, "every_epochs", count)
        seconds = SECONDS.checked("every_seconds", self.every_seconds)
        object.__setattr__(self, "every_seconds", seconds)


def as_checkpoint(given: Any) -> Checkpoint | None:
    """Return a checkpoint as it is; a path is one saved every 30 seconds.

    Raises: SettingError.

    >>> as_checkpoint("run.json")
    Checkpoint(path='run.json', every_epochs=None, every_seconds=30.0)
    """
    return given if given is None or isinstance(given, Checkpoint) else Checkpoint(given)


class Saver:
    """Saves a run where a checkpoint says, when it says.

    header: what stays the same from epoch to epoch.
    """

    __slots__ = ("_at", "_header", "_last", "_where")

    def __init__(self, where: Checkpoint, header: Mapping[str, Any]) -> None:
        self._where = where
        self._header = dict(header)
        self._last = -1
        self._at = 0.0

    def keep(self, moment: Moment, record: Record) -> None:
        """Save the run, if it is time. Warns: NotSavedWarning."""
        every = self._where.every_epochs
        due = every is not None and moment.epoch - self._last >= every
        if due or time.monotonic() - self._at >= self._where.every_seconds:
            self.try_to_save(moment, record)

    def try_to_save(self, moment: Moment, record: Record, **end: Any) -> None:
        """Save the run, or warn: it is not to be lost because it cannot be saved.

        end: as of `save`. Warns: NotSavedWarning.
        """
        try:
            self.save(moment, record, **end)
        except OSError as error:
            self._last, self._at = moment.epoch, time.monotonic()
            warnings.warn(
                f"checkpoint: {os.fspath(self._where.path)} cannot be written at epoch "
                f"{moment.epoch}: {error}. The run goes on; what was saved before is kept.",
                NotSavedWarning,
                stacklevel=2,
            )

    def save(
        self,
        moment: Moment,
        record: Record,
        end: tuple[str, str] = ("", ""),
        *,
        goes_on: bool = True,
    ) -> None:
        """Save the run; end: status and message, where it has ended.

        goes_on: whether it would, if it were given more epochs. Raises: OSError.
        """
        point = moment.point
        document = {
            "format": FORMAT,
            "version": VERSION,
            **self._header,
            "epoch": moment.epoch,
            "status": end[0],
            "message": end[1],
            "goes_on": goes_on,
            "vector": point.vector,
            "value": point.value,
            "gradient": point.gradient,
            "state": moment.state,
            "random": moment.random,
            "entries": record.to_state(),
        }
        write_document(self._where.path, document, keep_previous=True)
        self._last, self._at = moment.epoch, time.monotonic()


def refuse_overwriting(path: str | os.PathLike[str]) -> None:
    """Refuse to begin a run where an unfinished one is saved, or what is none, or no folder is.

    Raises: SettingError.
    """
    file = Path(path)
    if not file.resolve().parent.is_dir():
        raise SettingError(
            f"checkpoint: there is no folder {file.resolve().parent}. Make it first."
        )
    if file.is_dir():
        raise SettingError(f"checkpoint: {os.fspath(path)} is a folder. Give a file in it.")
    if not file.exists():
        return
    try:
        found = read_document(file, FORMAT, VERSION)
    except FileFormatError as error:
        raise SettingError(
            f"checkpoint: there is a file already that is no whole checkpoint. {error}\n"
            "  Give another path, or move that file away."
        ) from None
    if found.get("status") in ("", "interrupted"):
        raise SettingError(
            f"checkpoint: {os.fspath(path)} holds a run that has not ended, at epoch "
            f"{found.get('epoch')}.\n  resume({os.fspath(path)!r}, loss, data) goes on with it; "
            "to begin anew, give another path, or delete that file."
        )


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint.

    Raises: FileFormatError for a file that is truncated, changed or of another kind, with the
    checkpoint before it, where that is whole; FileNotFoundError.
    """
    try:
        return read_document(path, FORMAT, VERSION)
    except (FileFormatError, FileNotFoundError) as error:
        kept = os.fspath(path) + PREVIOUS
        try:
            epoch = read_document(kept, FORMAT, VERSION).get("epoch")
        except (FileFormatError, OSError):
            raise error from None
        raise FileFormatError(
            f"{error}\n  The checkpoint before it is whole: resume({kept!r}, loss, data) goes on "
            f"from epoch {epoch}."
        ) from None


def moment_of(document: Mapping[str, Any]) -> tuple[int, tuple[np.ndarray, float, np.ndarray]]:
    """Return the epoch of a document, and its vector, loss and gradient.

    Raises: FileFormatError.
    """
    vector = part(document, "vector", np.ndarray)
    gradient = part(document, "gradient", np.ndarray)
    if vector.ndim != 1 or vector.shape != gradient.shape:
        raise FileFormatError("its parameters and its gradient are not of one length.")
    return part(document, "epoch", int), (vector, part(document, "value", float), gradient)


def generator_of(state: Any) -> np.random.Generator:
    """Return a generator in a state that was saved.

    Raises: FileFormatError for what is no state of one of NumPy's.

    >>> made = np.random.default_rng(3)
    >>> generator_of(made.bit_generator.state).random() == made.random()
    True
    """
    name = part(state, "bit_generator", str)
    if name not in GENERATORS:
        raise FileFormatError(f"its batches were drawn by {name!r:.40}, which is not NumPy's.")
    made = getattr(np.random, name)()
    try:
        made.state = state
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        raise FileFormatError(f"the state of what drew its batches is none: {error}.") from None
    return np.random.Generator(made)
