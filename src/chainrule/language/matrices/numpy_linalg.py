"""What the functions of `numpy.linalg` build, called on an expression: np.linalg.inv(X)."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import OperationError
from chainrule.language.matrices.determinants import det, slogdet
from chainrule.language.matrices.factorizations import cholesky, qr
from chainrule.language.matrices.inverses import inv, solve
from chainrule.language.matrices.least_squares import lstsq, pinv
from chainrule.language.matrices.matrix_functions import matrix_power
from chainrule.language.matrices.spectra import cond, eigh, eigvalsh, matrix_rank, svd, svdvals
from chainrule.language.registry import array_functions

__all__ = []


def reduced(a: Any, mode: str = "reduced") -> Any:
    """Build np.linalg.qr(a)."""
    if mode != "reduced":
        raise OperationError(f"qr of an expression takes mode='reduced' alone, not {mode!r}.")
    return qr(a)


def of_symmetric(function: Any) -> Any:
    """Return a function of a symmetric matrix, of which NumPy reads one triangle."""

    def meant(a: Any, UPLO: str = "L") -> Any:
        if UPLO not in ("L", "U"):
            raise OperationError(f"UPLO names a triangle, 'L' or 'U', not {UPLO!r}.")
        return function(a)  # the two triangles are the same numbers

    return meant


def conditioned(x: Any, p: Any = None) -> Any:
    """Build np.linalg.cond(x)."""
    if p not in (None, 2):
        raise OperationError(f"cond of an expression is by singular values, p=2, not {p!r}.")
    return cond(x)


def refuse_lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Refuse np.linalg.lstsq, which returns four things.

    Raises: OperationError.
    """
    del a, b, rcond
    raise OperationError(
        "numpy.linalg.lstsq returns four things, of which an expression is one. "
        f"Use chainrule.{lstsq.__name__}(A, b) for the solution."
    )


array_functions.fill(
    {
        np.linalg.det: det,
        np.linalg.slogdet: slogdet,
        np.linalg.inv: inv,
        np.linalg.pinv: lambda a, *, rtol=None: pinv(a, rtol=rtol),
        np.linalg.solve: solve,
        np.linalg.lstsq: refuse_lstsq,
        np.linalg.cholesky: lambda a, *, upper=False: cholesky(a, upper=upper),
        np.linalg.qr: reduced,
        np.linalg.eigh: of_symmetric(eigh),
        np.linalg.eigvalsh: of_symmetric(eigvalsh),
        np.linalg.svd: lambda a, full_matrices=True: svd(a, full_matrices=full_matrices),
        np.linalg.svdvals: svdvals,
        np.linalg.matrix_power: matrix_power,
        np.linalg.matrix_rank: lambda a, *, rtol=None: matrix_rank(a, rtol=rtol),
        np.linalg.cond: conditioned,
    }
)
