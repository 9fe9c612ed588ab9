"""Silence for NumPy while points beyond a domain are tried on purpose.

May import nothing of ours; what is not a number is NaN, in the answer too, so nothing is lost.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

__all__ = ["quiet"]

_lock = threading.Lock()
_filters = ExitStack()
_inside = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep NumPy from warning of overflow, or of the mean of nothing.

    Warning filters belong to the whole process: the first thread to come sets them, the last one to
    leave puts them back, since threads that do so each for itself leave them changed for good.
    """
    global _inside  # noqa: PLW0603 - counted for the process, as the filters are
    with _lock:
        _inside += 1
        if _inside == 1:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", RuntimeWarning)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _filters.close()
