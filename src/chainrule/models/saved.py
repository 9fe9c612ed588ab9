"""Saved models, by the name of their class.

May import all of this floor.
"""

from __future__ import annotations

import os

from chainrule.errors import ChainRuleError, FileFormatError
from chainrule.models.linear import LinearRegression
from chainrule.models.stored import read_stored

__all__ = ["load_model"]


def load_model(path: str | os.PathLike[str]) -> LinearRegression:
    """Load a model that `save` wrote; no code in the file is run.

    Raises: FileFormatError for a file that is truncated, changed, of another kind or version, or
    whose check values do not come out; OSError.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.json"
    >>> LinearRegression().fit([[1.0], [2.0]], [3.0, 5.0]).save(path)
    >>> load_model(path).predict([[10.0]])
    array([21.])
    """
    stored = read_stored(path)
    if stored.kind != LinearRegression.__name__:
        raise FileFormatError(
            f"{os.fspath(path)} holds a {stored.kind!r}, which this chainrule does not know.\n"
            f"  It knows {LinearRegression.__name__!r}. A newer chainrule may load it."
        )
    try:
        return LinearRegression.restored(stored)
    except ChainRuleError as error:
        raise FileFormatError(
            f"{os.fspath(path)} is refused: its settings cannot be. {error}"
        ) from None
