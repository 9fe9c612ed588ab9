"""Documents as files: readable JSON with arrays in base64, sealed, replaced at once or not at all.

Nothing in a file is ever run. May import NumPy and the errors; it must not know what is written.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import math
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileFormatError

__all__ = ["PREVIOUS", "decoded", "encoded", "part", "read_document", "write_document"]

PREVIOUS = ".previous"  # appended to the name of what was there before
_SEAL = ',\n "sha256": "'
_KINDS = ("<f8", "<i8", "<u8", "<u4")  # what arrays may hold; the last two are states of generators


def encoded(value: Any) -> Any:
    """Return a value as JSON can hold it, without the loss of a bit.

    Takes numbers, text, None, truth values, arrays of numbers, and mappings and lists of these.

    >>> encoded({"rate": float("nan"), "mean": np.array([1.0, 2.0])})
    {'rate': {'number': 'nan'}, 'mean': {'array': '<f8', 'shape': [2], 'base64': 'AAAAAAAA8D8AAA...
    """
    if isinstance(value, np.ndarray):
        kind = value.dtype.newbyteorder("<").str
        packed = np.ascontiguousarray(value, dtype=kind)
        content = base64.b64encode(packed.tobytes()).decode("ascii")
        return {"array": kind, "shape": list(value.shape), "base64": content}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    if isinstance(value, Mapping):
        return {str(key): encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(item) for item in value]
    return value


def decoded(value: Any) -> Any:
    """Return what was encoded; tuples come back as lists.

    Raises: FileFormatError for an array that is none.

    >>> decoded(encoded({"mean": np.array([[0.1, -0.0]]), "count": 3}))
    {'mean': array([[ 0.1, -0. ]]), 'count': 3}
    """
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"number"}:
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(value["number"], math.nan)
    if value.keys() != {"array", "shape", "base64"}:
        return {key: decoded(item) for key, item in value.items()}
    shape = value["shape"]
    try:
        content = base64.b64decode(value["base64"], validate=True)
        if value["array"] not in _KINDS or not all(type(size) is int for size in shape):
            raise FileFormatError(f"it holds an array of {value['array']!r:.20} and {shape!r:.60}.")
        found = np.frombuffer(content, dtype=value["array"]).reshape(shape)
    except (binascii.Error, TypeError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"one of its arrays is none: {error}.") from None
    # A copy: what was read can be written to, and is of this machine's byte order.
    return found.astype(found.dtype.newbyteorder("="))


def write_document(
    path: str | os.PathLike[str], document: Mapping[str, Any], *, keep_previous: bool = False
) -> None:
    """Write a document to a file, which is replaced at once or not at all.

    keep_previous: keep what was there under the same name with ".previous" appended. At no moment
    is there neither. Raises: OSError.
    """
    body = json.dumps(encoded(document), indent=1, ensure_ascii=False, allow_nan=False)
    body = body.removesuffix("\n}")
    seal = hashlib.sha256(body.encode()).hexdigest()
    target = Path(path).resolve()
    # One name for what is written again and again: a process that is killed leaves one at most.
    mark = "new" if keep_previous else secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{mark}.part")
    try:
        with fresh.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(f'{body}{_SEAL}{seal}"\n}}\n')
            stream.flush()
            os.fsync(stream.fileno())
        if keep_previous and target.exists():
            set_aside(target)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def set_aside(target: Path) -> None:
    """Keep a file under the name of the previous one, and under its own."""
    spare = target.with_name(f".{target.name}.old.part")
    spare.unlink(missing_ok=True)
    try:
        try:
            spare.hardlink_to(target)
        except OSError:  # a file system without links
            shutil.copyfile(target, spare)
        spare.replace(target.with_name(target.name + PREVIOUS))
    finally:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)


def read_document(path: str | os.PathLike[str], kind: str, version: int) -> dict[str, Any]:
    """Read a document that `write_document` wrote, of this format and version.

    Raises: FileFormatError for a file that is empty, truncated, changed, or of another kind;
    OSError.
    """
    name = Path(path).name
    try:
        document = opened(Path(path).read_bytes())
        refuse_other(document, kind, version)
    except FileFormatError as error:
        raise FileFormatError(f"{name} is refused: {error}") from None
    return document


def refuse_other(document: Mapping[str, Any], kind: str, version: int) -> None:
    """Refuse a document of another format or version.

    Raises: FileFormatError.
    """
    if document.get("format") != kind:
        raise FileFormatError(f"it does not say that its format is {kind!r}.")
    if document.get("version") != version:
        raise FileFormatError(
            f"it is of version {document.get('version')!r:.20}, and this chainrule reads "
            f"version {version}. A newer chainrule may read it."
        )


def opened(content: bytes) -> dict[str, Any]:
    """Return the document that bytes stand for, if their seal is whole.

    Raises: FileFormatError.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"it is no text: byte {error.start} is not UTF-8.") from None
    if not text.strip():
        raise FileFormatError("it is empty.")
    body, mark, seal = text.rpartition(_SEAL)
    if not mark or not seal.endswith('"\n}\n'):
        raise FileFormatError("its end is missing: it was cut short, or is of another kind.")
    if hashlib.sha256(body.encode()).hexdigest() != seal.removesuffix('"\n}\n'):
        raise FileFormatError("its checksum does not come out: it was changed after it was saved.")
    try:
        document = decoded(json.loads(body + "\n}"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileFormatError(f"it is no JSON: {error}.") from None
    if not isinstance(document, dict):
        raise FileFormatError("it holds no object.")
    return document


def part(owner: Any, name: str, *kinds: type) -> Any:
    """Return an entry of a document, which has to be there and of one of these kinds.

    Raises: FileFormatError.
    """
    found = owner.get(name) if isinstance(owner, dict) else None
    if not isinstance(found, kinds) or (isinstance(found, bool) and bool not in kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise FileFormatError(f"its {name!r} is {found!r:.60}, where a {wanted} should be.")
    return found
