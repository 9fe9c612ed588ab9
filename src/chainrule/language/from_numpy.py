"""What NumPy's own functions build, called on an expression: np.sum(x), np.square(x).

Those that an operation computes with, such as np.sin, are known from its class body; here stand
the functions over whole arrays, and those that other operations write.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.errors import OperationError
from chainrule.language.arithmetic import absolute, exponent
from chainrule.language.arrays.averages import mean, var
from chainrule.language.arrays.borders import pad
from chainrule.language.arrays.cumulative import cumprod, cumsum
from chainrule.language.arrays.gathering import take, take_along_axis
from chainrule.language.arrays.joining import concatenate, hstack, stack, vstack
from chainrule.language.arrays.making import full_like, ones_like, zeros_like
from chainrule.language.arrays.positions import argmax, argmin
from chainrule.language.arrays.quantiles import quantile
from chainrule.language.arrays.rearranging import flip, repeat, roll, tile
from chainrule.language.arrays.reductions import max as largest_of
from chainrule.language.arrays.reductions import median, prod, std
from chainrule.language.arrays.reductions import min as smallest_of
from chainrule.language.arrays.reshaping import broadcast_to, expand_dims, ravel, reshape, squeeze
from chainrule.language.arrays.sorting import argsort, sort
from chainrule.language.arrays.splitting import array_split, split
from chainrule.language.arrays.transposing import matrix_transpose, moveaxis, swapaxes, transpose
from chainrule.language.arrays.truths import all as all_of
from chainrule.language.arrays.truths import any as any_of
from chainrule.language.arrays.truths import count_nonzero
from chainrule.language.convolving.correlation import convolve, correlate
from chainrule.language.elements.choice import choice, complement, conjunction, disjunction
from chainrule.language.elements.choice import round as nearest
from chainrule.language.elements.extremes import clip
from chainrule.language.elements.shorthands import isfinite, isinf, isnan, sinc, trunc
from chainrule.language.folds import sum
from chainrule.language.matrices.contraction import einsum
from chainrule.language.matrices.cross import cross
from chainrule.language.matrices.diagonals import diag, diagonal, trace, tril, triu
from chainrule.language.matrices.norms import norm
from chainrule.language.matrices.products import dot, inner, kron, outer, tensordot, vdot
from chainrule.language.matrices.statistics import corrcoef, cov
from chainrule.language.registry import array_functions, ufuncs

__all__ = []


def clipped(a: Any, a_min: Any = None, a_max: Any = None, **bounds: Any) -> Any:
    """Build np.clip(a, 0, 1), or with min= and max=."""
    low, high = bounds.pop("min", a_min), bounds.pop("max", a_max)
    if bounds or low is None or high is None:
        raise OperationError("numpy.clip of an expression takes two bounds: clip(x, a_min, a_max).")
    return clip(a, low, high)


def rounded(a: Any, decimals: int = 0) -> Any:
    """Build np.round(a)."""
    return a.__round__(decimals) if decimals else nearest(a)


def folding(fold: Any) -> Any:
    """Return a fold with the parameters that NumPy's has."""

    def folded(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        return fold(a, axis=axis, keepdims=keepdims)

    return folded


def along_diagonal(operation: Any) -> Any:
    """Return an operation on a diagonal with the parameters that NumPy's has."""

    def taken(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        return operation(a, offset, axis1, axis2)

    return taken


def summed_by_indices(subscripts: Any, *operands: Any, optimize: Any = None) -> Any:
    """Build np.einsum("ij,jk", a, b); the order of its products is chosen in any case."""
    del optimize
    return einsum(subscripts, *operands)


def running(fold: Any) -> Any:
    """Return a running fold with the parameters that NumPy's has."""

    def folded(a: Any, axis: Any = None) -> Any:
        return fold(a, axis=axis)

    return folded


def variance_of(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    """Build np.var(a, ddof=1)."""
    return var(a, axis=axis, keepdims=keepdims, ddof=ddof)


def padded(array: Any, pad_width: Any, mode: str = "constant", **options: Any) -> Any:
    """Build np.pad(x, 1, constant_values=2)."""
    if mode != "constant":
        raise OperationError(
            f"numpy.pad of an expression takes mode='constant' alone, not {mode!r}. "
            "For a border of other elements, select them: concatenate([x[:1], x, x[-1:]])."
        )
    return pad(array, pad_width, **options)


def norm_of(x: Any, ord: Any = None, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Build np.linalg.norm(x, 1, axis=0)."""
    return norm(x, ord, axis, keepdims=keepdims)


def quantile_of(a: Any, q: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Build np.quantile(a, 0.25, axis=0)."""
    return quantile(a, q, axis, keepdims=keepdims)


def percentile_of(a: Any, q: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Build np.percentile(a, 25, axis=0)."""
    return quantile(a, q / 100, axis, keepdims=keepdims)


def covariance_of(m: Any, *, ddof: Any = None) -> Any:
    """Build np.cov(m)."""
    return cov(m, ddof=1 if ddof is None else ddof)


def ordered(fold: Any) -> Any:
    """Return a sort with the parameters of NumPy's that it has."""

    def sorted_along(a: Any, axis: Any = -1) -> Any:
        return fold(a, axis=axis)

    return sorted_along


def spread_of(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    """Build np.std(a, ddof=1)."""
    return std(a, axis=axis, keepdims=keepdims, ddof=ddof)


array_functions.fill(
    {
        np.concatenate: concatenate,
        np.stack: stack,
        np.hstack: hstack,
        np.vstack: vstack,
        np.split: split,
        np.array_split: array_split,
        np.zeros_like: zeros_like,
        np.ones_like: ones_like,
        np.full_like: full_like,
        np.transpose: transpose,
        np.matrix_transpose: matrix_transpose,
        np.swapaxes: swapaxes,
        np.moveaxis: moveaxis,
        np.reshape: reshape,
        np.ravel: ravel,
        np.squeeze: squeeze,
        np.expand_dims: expand_dims,
        np.broadcast_to: broadcast_to,
        np.flip: flip,
        np.roll: roll,
        np.tile: tile,
        np.repeat: repeat,
        np.pad: padded,
        np.sum: folding(sum),
        np.mean: folding(mean),
        np.var: variance_of,
        np.std: spread_of,
        np.prod: folding(prod),
        np.max: folding(largest_of),
        np.amax: folding(largest_of),
        np.min: folding(smallest_of),
        np.amin: folding(smallest_of),
        np.median: folding(median),
        np.quantile: quantile_of,
        np.percentile: percentile_of,
        np.cov: covariance_of,
        np.corrcoef: corrcoef,
        np.sinc: sinc,
        np.any: folding(any_of),
        np.all: folding(all_of),
        np.argmax: folding(argmax),
        np.argmin: folding(argmin),
        np.count_nonzero: folding(count_nonzero),
        np.cumsum: running(cumsum),
        np.cumprod: running(cumprod),
        np.linalg.norm: norm_of,
        np.sort: ordered(sort),
        np.argsort: ordered(argsort),
        np.clip: clipped,
        np.round: rounded,
        np.where: choice,
        np.einsum: summed_by_indices,
        np.convolve: lambda a, v, mode="full": convolve(a, v, mode),
        np.correlate: lambda a, v, mode="valid": correlate(a, v, mode),
        np.dot: dot,
        np.vdot: vdot,
        np.inner: inner,
        np.outer: outer,
        np.kron: kron,
        np.tensordot: lambda a, b, axes=2: tensordot(a, b, axes=axes),
        np.cross: lambda a, b, *, axis=-1: cross(a, b, axis=axis),
        np.take: lambda a, indices, axis=None: take(a, indices, axis=axis),
        np.take_along_axis: lambda arr, indices, axis=-1: take_along_axis(arr, indices, axis=axis),
        np.trace: along_diagonal(trace),
        np.diagonal: along_diagonal(diagonal),
        np.diag: lambda v, k=0: diag(v, k),
        np.tril: lambda m, k=0: tril(m, k),
        np.triu: lambda m, k=0: triu(m, k),
    }
)
ufuncs.fill(
    {
        np.square: lambda x: x**2,
        np.reciprocal: lambda x: 1 / x,
        np.exp2: lambda x: 2**x,
        np.positive: lambda x: x,
        np.fabs: absolute,
        np.float_power: exponent,
        np.trunc: trunc,
        np.isnan: isnan,
        np.isinf: isinf,
        np.isfinite: isfinite,
        np.radians: lambda x: x * (math.pi / 180),
        np.deg2rad: lambda x: x * (math.pi / 180),
        np.degrees: lambda x: x * (180 / math.pi),
        np.rad2deg: lambda x: x * (180 / math.pi),
        # On conditions, `&` between an array and an expression.
        np.bitwise_and: conjunction,
        np.bitwise_or: disjunction,
        np.invert: complement,
    }
)
