"""The identities of a textbook's chapter on derivatives, said and found in matrix notation.

Source: Petersen & Pedersen (2012), The Matrix Cookbook, chapter 2. Where the textbook's form holds
for some matrices alone, the expected text is the one that holds for all: cof(X) in place of
det(X) X^-T, and W + W^T in place of 2 W.
"""

import numpy as np
import pytest

from chainrule import (
    det,
    exp,
    expm,
    expression,
    gradient,
    inv,
    kron,
    log,
    log_softmax,
    logsumexp,
    matrix,
    matrix_power,
    mean,
    norm,
    outer,
    parse,
    sigmoid,
    slogdet,
    softmax,
    softplus,
    solve,
    sqrt,
    sum,
    tanh,
    trace,
    vector,
)

A, B, C, D, W, X = [matrix(name, "n", "n") for name in "ABCDWX"]
a, b, c, d, s, w, x, y = [vector(name, "n") for name in "abcdswxy"]
# Matrices that are not square: n rows, as many columns as their letters say.
F, G, H, K, P, Q = [
    matrix(name, *sizes)
    for name, sizes in {
        "F": ("n", "m"),
        "G": ("m", "n"),
        "H": ("n", "n"),
        "K": ("m", "m"),
        "P": ("k", "n"),
        "Q": ("m", "k"),
    }.items()
]
t, u, v = vector("t", "m"), vector("u", "n"), vector("v", "m")

DETERMINANTS = [
    (det(X), "X", "cofactors(X)"),
    (det(A + X), "X", "cofactors(A + X)"),
    (det(A @ X @ B), "X", "A.T @ cofactors(A @ X @ B) @ B.T"),
    (det(X.T @ X), "X", "2*(X @ cofactors(X.T @ X))"),
    (
        det(X.T @ A @ X),
        "X",
        "A.T @ X @ cofactors(X.T @ A @ X) + A @ X @ cofactors(X.T @ A @ X).T",
    ),
    (det(X) ** 2, "X", "2*det(X)*cofactors(X)"),
    (log(det(X)), "X", "inv(X).T"),
    (slogdet(X).logabsdet, "X", "inv(X).T"),
    (log(det(A + X)), "X", "inv(A + X).T"),
    (log(det(X.T @ X)), "X", "2*(X @ inv(X.T @ X))"),
    (log(det(X @ X.T)), "X", "2*(inv(X @ X.T) @ X)"),
    (log(det(A + outer(x, x))), "x", "(inv(A + outer(x, x)) + inv(A + outer(x, x)).T) @ x"),
]
INVERSES = [
    (a @ inv(X) @ b, "X", "-(inv(X).T @ outer(a, b) @ inv(X).T)"),
    (a @ solve(X, b), "X", "-outer(solve(X.T, a), solve(X, b))"),
    (a @ solve(X, b), "b", "solve(X.T, a)"),
    (det(inv(X)), "X", "-(inv(X).T @ cofactors(inv(X)) @ inv(X).T)"),
    (trace(inv(X)), "X", "-(inv(X).T @ inv(X).T)"),
    (trace(A @ inv(X) @ B), "X", "-(inv(X).T @ A.T @ B.T @ inv(X).T)"),
    (trace(inv(X + A)), "X", "-(inv(X + A).T @ inv(X + A).T)"),
    (trace(inv(X.T @ X)), "X", "-2*(X @ inv(X.T @ X) @ inv(X.T @ X))"),
    (x @ inv(A) @ x, "x", "(inv(A) + inv(A).T) @ x"),
]
LINEAR_FORMS = [
    (x @ a, "x", "a"),
    (a @ x, "x", "a"),
    (a @ X @ b, "X", "outer(a, b)"),
    (a @ X.T @ b, "X", "outer(b, a)"),
    (a @ X @ a, "X", "outer(a, a)"),
    (a @ X.T @ a, "X", "outer(a, a)"),
]
QUADRATIC_FORMS = [
    (x @ x, "x", "2*x"),
    (x @ B @ x, "x", "(B + B.T) @ x"),
    (x @ A @ x + b @ x, "x", "b + (A + A.T) @ x"),
    (b @ X.T @ X @ c, "X", "outer(X @ b, c) + outer(X @ c, b)"),
    (
        (B @ x + b) @ C @ (D @ x + d),
        "x",
        "D.T @ (C.T @ (B @ x + b)) + B.T @ (C @ (D @ x + d))",
    ),
    (b @ X.T @ D @ X @ c, "X", "outer(D.T @ (X @ b), c) + outer(D @ (X @ c), b)"),
    ((X @ b + c) @ D @ (X @ b + c), "X", "outer((D + D.T) @ (X @ b + c), b)"),
    ((x - A @ s) @ W @ (x - A @ s), "s", "-(A.T @ ((W + W.T) @ (x - A @ s)))"),
    ((x - A @ s) @ W @ (x - A @ s), "x", "(W + W.T) @ (x - A @ s)"),
    ((x - A @ s) @ W @ (x - A @ s), "A", "-outer((W + W.T) @ (x - A @ s), s)"),
    ((x - s) @ W @ (x - s), "x", "(W + W.T) @ (x - s)"),
    ((x - s) @ W @ (x - s), "s", "-((W + W.T) @ (x - s))"),
    (a @ matrix_power(X, 2) @ b, "X", "outer(a, b) @ X.T + X.T @ outer(a, b)"),
]
TRACES = [
    (trace(X), "X", "identity_like(X)"),
    (trace(X @ A), "X", "A.T"),
    (trace(A @ X), "X", "A.T"),
    (trace(A @ X @ B), "X", "A.T @ B.T"),
    (trace(A @ X.T @ B), "X", "B @ A"),
    (trace(X.T @ A), "X", "A"),
    (trace(A @ X.T), "X", "A"),
    (trace(kron(A, X)), "X", "trace(A)*identity_like(X)"),
    (trace(X @ X), "X", "2*X.T"),
    (trace(X @ X @ B), "X", "B.T @ X.T + X.T @ B.T"),
    (trace(X.T @ B @ X), "X", "(B + B.T) @ X"),
    (trace(B @ X @ X.T), "X", "(B + B.T) @ X"),
    (trace(X @ X.T @ B), "X", "(B + B.T) @ X"),
    (trace(X @ B @ X.T), "X", "X @ (B + B.T)"),
    (trace(B @ X.T @ X), "X", "X @ (B + B.T)"),
    (trace(X.T @ X @ B), "X", "X @ (B + B.T)"),
    (trace(A @ X @ B @ X), "X", "B.T @ X.T @ A.T + A.T @ X.T @ B.T"),
    (trace(X.T @ X), "X", "2*X"),
    (trace(X @ X.T), "X", "2*X"),
    (trace(B.T @ X.T @ C @ X @ B), "X", "(C + C.T) @ X @ B @ B.T"),
    (trace(X.T @ B @ X @ C), "X", "B.T @ X @ C.T + B @ X @ C"),
    (trace(A @ X @ B @ X.T @ C), "X", "C @ A @ X @ B + A.T @ C.T @ X @ B.T"),
    (trace((A @ X @ B + C) @ (A @ X @ B + C).T), "X", "2*(A.T @ (A @ X @ B + C) @ B.T)"),
    (trace(kron(X, X)), "X", "2*trace(X)*identity_like(X)"),
    (trace(X) ** 2, "X", "2*trace(X)*identity_like(X)"),
    (trace(matrix_power(X, 3)), "X", "3*(X.T @ X.T)"),
    (
        trace(A @ matrix_power(X, 3)),
        "X",
        "A.T @ X.T @ X.T + X.T @ A.T @ X.T + X.T @ X.T @ A.T",
    ),
    (trace(expm(X)), "X", "expm(X.T)"),
    (trace(outer(x, x) @ A), "x", "(A + A.T) @ x"),
]
NORMS = [
    (norm(x), "x", "unit(x)"),
    (norm(x - a), "x", "unit(x - a)"),
    (norm(x - a) ** 2, "x", "2*(x - a)"),
    (norm(A @ x - b), "x", "A.T @ unit(A @ x - b)"),
    (norm(A @ x - b) ** 2, "x", "2*(A.T @ (A @ x - b))"),
    (norm(X), "X", "unit(X)"),
    (norm(X) ** 2, "X", "2*X"),
    (sum(X**2), "X", "2*X"),
    (norm(A @ X - B) ** 2, "X", "2*(A.T @ (A @ X - B))"),
]
CHAIN_RULE = [
    (sum((X @ w - y) ** 2), "w", "2*(X.T @ (X @ w - y))"),
    (mean((X @ w - y) ** 2), "w", "2*(X.T @ (X @ w - y))/count(y)"),
    (mean((X @ w - y) ** 2) + norm(w) ** 2, "w", "2*w + 2*(X.T @ (X @ w - y))/count(y)"),
    (sum((X @ w - y) ** 2), "X", "2*outer(X @ w - y, w)"),
    ((a @ x) ** 2, "x", "2*(a @ x)*a"),
    (exp(a @ x), "x", "exp(a @ x)*a"),
    (log(a @ x), "x", "a/(a @ x)"),
    ((a @ x) * (b @ x), "x", "a @ x*b + b @ x*a"),
    (sqrt(x @ x), "x", "x/sqrt(x @ x)"),
    (log(x @ A @ x), "x", "(A + A.T) @ x/(x @ A @ x)"),
    (sum(exp(A @ x)), "x", "A.T @ exp(A @ x)"),
    (sum(softplus(A @ x)), "x", "A.T @ sigmoid(A @ x)"),
    (a @ tanh(X @ b), "X", "outer(a*sech(X @ b)**2, b)"),
    (logsumexp(x), "x", "softmax(x)"),
    (logsumexp(A @ x + b), "x", "A.T @ softmax(A @ x + b)"),
    (y @ log_softmax(x), "x", "y - softmax(x)*sum(y)"),
    (a @ softmax(x), "x", "softmax(x)*(a - sum(a*softmax(x)))"),
]
OTHER_SHAPES = [
    (u @ F @ v, "F", "outer(u, v)"),
    (v @ F.T @ u, "F", "outer(u, v)"),
    (trace(F @ G), "F", "G.T"),
    (trace(P @ F @ Q), "F", "P.T @ Q.T"),
    (trace(F.T @ H @ F), "F", "(H + H.T) @ F"),
    (trace(F @ K @ F.T), "F", "F @ (K + K.T)"),
    (trace(F.T @ F), "F", "2*F"),
    (norm(F) ** 2, "F", "2*F"),
    (sum((F @ v - u) ** 2), "v", "2*(F.T @ (F @ v - u))"),
    (mean((F @ v - u) ** 2), "v", "2*(F.T @ (F @ v - u))/count(u)"),
    ((F @ v + u) @ H @ (F @ v + u), "v", "F.T @ ((H + H.T) @ (F @ v + u))"),
    (u @ F @ K @ F.T @ u, "F", "outer(u, K.T @ (F.T @ u)) + outer(u, K @ (F.T @ u))"),
    (log(det(F.T @ F)), "F", "2*(F @ inv(F.T @ F))"),
    (det(F.T @ F), "F", "2*(F @ cofactors(F.T @ F))"),
    (sum(sigmoid(F @ v)), "v", "F.T @ (sech(F @ v/2)/2)**2"),
]
IDENTITIES = (
    DETERMINANTS
    + INVERSES
    + LINEAR_FORMS
    + QUADRATIC_FORMS
    + TRACES
    + NORMS
    + CHAIN_RULE
    + OTHER_SHAPES
)
SHAPES = {
    item.name: item.shape
    for item in (A, B, C, D, W, X, a, b, c, d, s, w, x, y, F, G, H, K, P, Q, t, u, v)
}
SIZES = {"n": 4, "m": 2, "k": 3}


def values_for(formula):
    """Draw a value of the declared shape for each variable, far from singular."""
    draw = np.random.default_rng(5)
    values = {}
    for name in formula.variables:
        shape = tuple([SIZES[str(size)] for size in SHAPES[name]])
        values[name] = draw.uniform(0.3, 1.2, shape)
        if len(shape) == 2:
            diagonal = 3 * np.eye(*shape) if shape[0] == shape[1] else 0
            values[name] = draw.uniform(-0.6, 0.9, shape) + diagonal
    return values


def finite_differences(formula, values, name):
    """Return central differences by each element of a variable."""
    found = np.zeros(np.shape(values[name]))
    for place in np.ndindex(found.shape):
        step = np.zeros(found.shape)
        step[place] = 1e-5
        up = formula.eval({**values, name: values[name] + step})
        down = formula.eval({**values, name: values[name] - step})
        found[place] = (up - down) / 2e-5
    return found


@pytest.mark.parametrize(
    ("formula", "name", "expected"),
    IDENTITIES,
    ids=[f"{item}, by {name}" for item, name, _ in IDENTITIES],
)
def test_the_derivative_is_the_textbooks_in_text_and_in_numbers(formula, name, expected):
    derivative = formula.derivative(name)
    assert expected == str(derivative)
    values = values_for(formula)
    slopes = derivative.eval(values)
    scale = max(1.0, np.max(np.abs(slopes)))
    assert np.shape(values[name]) == np.shape(slopes)
    assert slopes == pytest.approx(finite_differences(formula, values, name), abs=1e-7 * scale)
    # Variables without a shape have other rules, and the same slopes.
    undeclared = parse(str(formula))
    partials = gradient(undeclared, wrt=[name])[name]
    assert slopes == pytest.approx(partials.eval(values), abs=1e-11 * scale)
    assert slopes == pytest.approx(undeclared.diff(values, name), abs=1e-11 * scale)


X_INVERSE_TRANSPOSED = r"\left(\mathbf{X}^{-1}\right)^{\top}"
TWICE_A = r"\left(\mathbf{A} + \mathbf{A}^{\top}\right)"
X_INVERSE_B = r"\left(\mathbf{X}^{-1} \, \mathbf{b}\right)"
LATEX = [
    (trace(A @ X), "X", r"\mathbf{A}^{\top}"),
    (trace(X), "X", r"\mathbf{I}"),
    (x @ A @ x, "x", TWICE_A + r" \, \mathbf{x}"),
    (x @ A @ x, "A", r"\mathbf{x} \, {\mathbf{x}}^{\top}"),
    (a @ X @ b, "X", r"\mathbf{a} \, {\mathbf{b}}^{\top}"),
    (
        sum((X @ w - y) ** 2),
        "w",
        r"2 \mathbf{X}^{\top} \, \left(\mathbf{X} \, \mathbf{w} - \mathbf{y}\right)",
    ),
    (log(det(X)), "X", X_INVERSE_TRANSPOSED),
    (log(det(X.T @ X)), "X", r"2 \mathbf{X} \, \left(\mathbf{X}^{\top} \, \mathbf{X}\right)^{-1}"),
    (
        a @ inv(X) @ b,
        "X",
        r"-"
        + X_INVERSE_TRANSPOSED
        + r" \, \mathbf{a} \, {\mathbf{b}}^{\top} \, "
        + X_INVERSE_TRANSPOSED,
    ),
    (det(X), "X", r"\operatorname{cof}\left(\mathbf{X}\right)"),
    (trace(X.T @ B @ X), "X", r"\left(\mathbf{B} + \mathbf{B}^{\top}\right) \, \mathbf{X}"),
    (trace(matrix_power(X, 3)), "X", r"3 \mathbf{X}^{\top} \, \mathbf{X}^{\top}"),
    (trace(expm(X)), "X", r"e^{\mathbf{X}^{\top}}"),
    (
        norm(x - a),
        "x",
        r"\frac{\mathbf{x} - \mathbf{a}}{\left\lVert \mathbf{x} - \mathbf{a} \right\rVert}",
    ),
    (
        log(x @ A @ x),
        "x",
        rf"\frac{{{TWICE_A} \, \mathbf{{x}}}}{{" + r"{\mathbf{x}}^{\top} \mathbf{A} \, \mathbf{x}}",
    ),
    (
        a @ solve(X, b),
        "X",
        r"-\left(\mathbf{X}^{\top}\right)^{-1} \, \mathbf{a} \, {" + X_INVERSE_B + r"}^{\top}",
    ),
]


@pytest.mark.parametrize(
    ("formula", "name", "expected"), LATEX, ids=[f"{item}, by {name}" for item, name, _ in LATEX]
)
def test_the_derivative_is_the_textbooks_in_latex(formula, name, expected):
    assert expected == formula.derivative(name).to_latex()


def test_a_row_stays_a_row_along_a_product():
    assert (
        r"{\mathbf{x}}^{\top} \mathbf{A} \, \mathbf{B} \, \mathbf{x}" == (x @ A @ B @ x).to_latex()
    )


def test_a_count_is_that_of_the_shape_that_was_declared():
    X, w, y = matrix("X", 10, 3), vector("w", 3), vector("y", 10)
    assert "X.T @ (X @ w - y)/5" == str(mean((X @ w - y) ** 2).derivative("w"))


def test_brackets_of_products_stay_where_they_save_work():
    z = expression("z")
    assert "A @ B @ C" == str((z * (A @ (B @ C))).derivative("z"))
    assert "G @ (F @ K)" == str((z * (G @ (F @ K))).derivative("z"))
