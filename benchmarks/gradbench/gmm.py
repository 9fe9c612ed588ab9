"""The log posterior of a mixture of K Gaussians in D dimensions, with a Wishart prior.

Unknowns: alpha (K), mu (K, D), q (K, D) and l (K, D(D-1)/2). Q_k is lower triangular, with exp(q_k)
on its diagonal and l_k below it, column by column; Q_k^T Q_k is the precision of component k.
beta_ik = alpha_k + sum_j q_kj - |Q_k (x_i - mu_k)|^2 / 2, and with n = D + m + 1
F = -N (D/2 log(2 pi) + LSE(alpha)) + sum_i LSE_k(beta_ik)
    - sum_k (gamma^2/2 |Q_k|^2 - m sum_j q_kj) + K (n D log(gamma/sqrt 2) - log Gamma_D(n/2)).
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from benchmarks.gradbench.protocol import function
from chainrule import (
    count,
    einsum,
    exp,
    expression,
    logsumexp,
    matrix,
    pad,
    sum,  # noqa: A004 - the language's word
    take,
    vector,
)

UNKNOWNS = ("alpha", "mu", "q", "l")


def lower_triangles(l: expression, size: int) -> expression:  # noqa: E741 - its name there
    """Return what stands below the diagonals: l, column by column, and zeros elsewhere."""
    places = np.full((size, size), size * (size - 1) // 2)  # of the zero behind each row of l
    columns, rows = np.triu_indices(size, 1)  # down the columns of the lower triangle
    places[rows, columns] = np.arange(rows.size)
    return take(pad(l, ((0, 0), (0, 1))), places, axis=1)


def log_gamma_of(dimensions: int, a: float) -> float:
    """Return the logarithm of the multivariate gamma function."""
    terms = [math.lgamma(a - j / 2) for j in range(dimensions)]
    return dimensions * (dimensions - 1) / 4 * math.log(math.pi) + math.fsum(terms)


@cache
def log_posterior(size: int, components: int, gamma: float, m: int) -> expression:
    """Return F for points of this many dimensions and this many components."""
    x, alpha = matrix("x", "n", size), vector("alpha", components)
    mu, q = matrix("mu", components, size), matrix("q", components, size)
    below = lower_triangles(matrix("l", components, size * (size - 1) // 2), size)

    Q = below + exp(q)[:, :, None] * np.eye(size)
    whitened = einsum("kij,nkj->nki", Q, x[:, None, :] - mu[None, :, :])
    beta = alpha + sum(q, axis=1) - sum(whitened**2, axis=2) / 2
    each = size / 2 * math.log(2 * math.pi) + logsumexp(alpha)
    likelihood = sum(logsumexp(beta, axis=1)) - count(x[:, 0]) * each

    n = size + m + 1
    prior = sum(gamma**2 / 2 * sum(Q**2, axis=(1, 2)) - m * sum(q, axis=1))
    scale = n * size * math.log(gamma / math.sqrt(2)) - log_gamma_of(size, n / 2)
    return likelihood - prior + components * scale


def values(given: Any) -> tuple[expression, dict[str, Any]]:
    """Return the posterior for these sizes, and its points and unknowns."""
    at = {name: np.array(given[name], dtype=float) for name in ("x", *UNKNOWNS)}
    components, size = at["mu"].shape
    at["l"] = at["l"].reshape(components, size * (size - 1) // 2)  # [] for one dimension
    return log_posterior(size, components, float(given["gamma"]), given["m"]), at


def slopes(at: Any) -> dict[str, Any]:
    """Return the gradient by each of the unknowns."""
    found = at[0].diff(at[1])
    return {name: found[name] for name in UNKNOWNS}


FUNCTIONS = {
    "objective": function(lambda at: at[0].eval(at[1]), values),
    "jacobian": function(slopes, values),
}
