"""What can go wrong, each with a class of its own.

One root, `ChainRuleError`; every leaf is also the builtin error that a caller would expect.
A message says what was asked, what was found and what to do. This module imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = [
    "ChainRuleError",
    "DataError",
    "DataTypeError",
    "DerivativeError",
    "EndlessLoop",
    "FileFormatError",
    "KernelWarning",
    "MatrixError",
    "MissingExtra",
    "NameClash",
    "NotANumber",
    "NotFitted",
    "NotPositiveDefinite",
    "NotSavedWarning",
    "OperationError",
    "ParseError",
    "PerformanceWarning",
    "RowOrderWarning",
    "SettingError",
    "ShapeError",
    "SingularMatrix",
    "UnknownVariable",
    "ValueTypeError",
    "closest",
    "missing_extra",
]


class ChainRuleError(Exception):
    """Root of every error that chainrule raises itself.

    >>> issubclass(UnknownVariable, ChainRuleError)
    True
    """


class UnknownVariable(ChainRuleError, KeyError):
    """A name that the values lack, or that the expression does not contain.

    >>> str(UnknownVariable("no value for 'x'."))
    "no value for 'x'."
    """

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would quote the whole message.
        return str(self.args[0]) if self.args else ""


class ValueTypeError(ChainRuleError, TypeError):
    """A value of a kind that cannot be computed with: text, None, a truth value."""


class ShapeError(ChainRuleError, ValueError):
    """Shapes that do not fit each other."""


class MatrixError(ChainRuleError, np.linalg.LinAlgError):
    """A matrix that lacks what an operation of linear algebra needs."""


class SingularMatrix(MatrixError):
    """A matrix that has no inverse, or fewer independent columns than it needs.

    >>> issubclass(SingularMatrix, ValueError)
    True
    """


class NotPositiveDefinite(MatrixError):
    """A symmetric matrix that has an eigenvalue of 0 or less."""


class NotANumber(ChainRuleError, ArithmeticError):
    """A value that came out as NaN or infinity where the caller asked to be told."""


class NameClash(ChainRuleError, ValueError):
    """One name for two things in one expression."""


class DerivativeError(ChainRuleError, ValueError):
    """A derivative that was asked for and does not exist, or not in the form asked for."""


class EndlessLoop(ChainRuleError, RuntimeError):
    """A loop that still went on after the most steps that it may take."""


class OperationError(ChainRuleError, TypeError):
    """An operation whose class body, or whose use, is not what the engine needs."""


class SettingError(ChainRuleError, ValueError):
    """A setting outside of what it can be: a negative rate, no epochs, an unknown word."""


class RowOrderWarning(UserWarning):
    """Two tables whose labels are the same in another order: their rows are taken by place."""


class NotSavedWarning(UserWarning):
    """A checkpoint or a log that cannot be written, on a full disk say; its run goes on."""


class PerformanceWarning(UserWarning):
    """A computation that is right, and much slower than it looks.

    >>> issubclass(PerformanceWarning, UserWarning)
    True
    """


class ParseError(ChainRuleError, ValueError):
    """Text that is not a formula; `column` counts characters from 1.

    >>> ParseError("no", column=3).column
    3
    """

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.column = column


class DataError(ChainRuleError, ValueError):
    """Data that cannot be used: missing or non-finite numbers, wrong columns or row counts."""


class DataTypeError(ValueTypeError):
    """Data that are not of numbers: a column of text, or what is no table."""


class NotFitted(ChainRuleError, ValueError, AttributeError):
    """A model that was asked for what only `fit` can teach it."""


class FileFormatError(ChainRuleError, ValueError):
    """A file that is not what its name or its content promises."""


class MissingExtra(ChainRuleError, ImportError):
    """An optional dependency that is not installed."""


class KernelWarning(RuntimeWarning):
    """Fast code that could not be made for a formula: it is computed in the plain way instead."""


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtra:
    """Build the error for a missing optional dependency.

    >>> print(missing_extra("rich", "cli", "A progress bar"))
    A progress bar needs rich, which is not installed: pip install "chainrule[cli]"
    """
    return MissingExtra(
        f'{purpose} needs {package}, which is not installed: pip install "chainrule[{extra}]"',
        name=package,
    )


def closest(name: str, candidates: Iterable[str]) -> str:
    """Say which of the candidates the name may have meant, or nothing.

    >>> closest("widht", ["width", "t"])
    " Did you mean 'width'?"
    >>> closest("abc", ["xyz"])
    ''
    """
    names = [candidate for candidate in candidates if candidate != name]
    by_case = [candidate for candidate in names if candidate.casefold() == name.casefold()]
    found = by_case or close_matches(name, names)
    return f" Did you mean {found[0]!r}?" if found else ""


def close_matches(name: str, names: list[str]) -> list[str]:
    """Return the name that is most like another one, if any is."""
    from difflib import get_close_matches  # noqa: PLC0415 - takes a millisecond to load

    return get_close_matches(name, names, n=1, cutoff=0.6)
