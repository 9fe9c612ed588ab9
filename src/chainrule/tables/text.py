"""The lines of a text file: decompressed, decoded, and without those that are none of the table.

May import the errors and the dialect; it must not know of columns.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from chainrule.errors import FileFormatError
from chainrule.tables.dialect import Dialect, option

__all__ = ["PACKED", "Lines", "separator_in"]

# Extension behind that of the table -> how to open such a file for its bytes.
PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open}
SAMPLE = 50  # lines, to find out what divides cells
CANDIDATES = ",;\t|"
ALIKE = 0.9  # of the lines have as many cells as the first, if a separator is the right one


def opened(path: Path) -> BinaryIO:
    """Open a file for its bytes, unpacked."""
    file: BinaryIO = PACKED.get(path.suffix.lower(), Path.open)(path, "rb")
    return file


class Lines:
    """The lines of a file that belong to its table; `number` is that of the last one, from 1.

    Raises, on the way: FileFormatError where bytes are no text in the encoding, naming the line.
    """

    __slots__ = ("dialect", "number", "path")

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path = path
        self.dialect = dialect
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        encoding = self.dialect.encoding
        if encoding == "utf-8":  # a byte order mark is no part of the first name
            encoding = "utf-8-sig"
        self.number = 0
        try:
            with io.TextIOWrapper(opened(self.path), encoding=encoding, newline="") as text:
                for line in text:
                    self.number += 1
                    if not self.dialect.leaves_out(self.number, line):
                        yield line
        except UnicodeError as error:
            raise self.undecodable() from error
        except (EOFError, OSError) as error:
            if self.path.suffix.lower() not in PACKED:
                raise
            raise FileFormatError(
                f"{self.path.name} cannot be unpacked: {error}.\n  Was it cut short?"
            ) from error

    def undecodable(self) -> FileFormatError:
        """Build the error for bytes that are no text in the encoding."""
        encoding, start, place = self.dialect.encoding, b"", ""
        with opened(self.path) as lines:
            for number, line in enumerate(lines, 1):
                start = start or line[:2]
                try:
                    line.decode(encoding)
                except UnicodeError as error:
                    shown = getattr(error, "object", b"")[getattr(error, "start", 0) :][:1]
                    place = f": line {number} holds the byte 0x{shown.hex()}" if shown else ""
                    break
        likely = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
        name = "UTF-8" if encoding == "utf-8" else encoding
        return FileFormatError(
            f"{self.path.name} is not {name} text{place}.\n"
            f"  Say how it is encoded, for instance {option('encoding', likely)}, or save it as "
            "UTF-8."
        )


def separator_in(path: Path, dialect: Dialect, default: str) -> str:
    """Return what divides cells in the first lines; the default, if nothing clearly does."""
    sample = [line for line in islice(Lines(path, dialect), SAMPLE) if line.strip()]
    candidates: list[str] = [default, *CANDIDATES]
    for separator in candidates:
        try:
            counts = [len(row) for row in csv.reader(sample, delimiter=separator)]
        except csv.Error:
            continue
        if counts and counts[0] > 1:
            alike = counts.count(counts[0])
            if separator == default or alike >= ALIKE * len(counts):
                return separator
    return default
