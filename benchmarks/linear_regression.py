"""Linear regression: 1,000 epochs of full-batch gradient descent at rate 0.01.

All start from zero and descend on the mean squared error, so all must arrive at the same slopes
and intercept. `fit` also keeps the loss, the gradient's norm and the parameters of every epoch; the
loops written by hand keep nothing. JAX runs its whole loop compiled, and compiles before the clock
starts. "Row by row" is the loop of a first course: recursive classes, a loss expression for every
row, a `diff` for every parameter. scikit-learn's two are other algorithms, here for context:
least squares in one go, and stochastic descent with its own rule of when to stop.
"""

from __future__ import annotations

import dataclasses

import numpy as np

import chainrule
from benchmarks import recursive
from benchmarks.harness import (
    OURS,
    Effort,
    Section,
    close,
    ratio_table,
    side_by_side,
)

PEERS = ("torch", "jax", "sklearn")
RATE = 0.01
EPOCHS = 1_000
SIZES = ((80, 3), (333, 7), (100_000, 10))
QUICK_SIZES = ((40, 2),)
# Rows beyond which the row-by-row loop would take minutes.
MOST_ROWS_ONE_BY_ONE = 100


@dataclasses.dataclass(frozen=True)
class Problem:
    X: np.ndarray
    y: np.ndarray
    epochs: int

    @property
    def features(self):
        return self.X.shape[1]


def problem(rows, features, epochs):
    """Draw standardized features, known slopes and a little noise."""
    random = np.random.default_rng(rows)
    X = random.standard_normal((rows, features))
    slopes = random.uniform(-3.0, 3.0, features)
    return Problem(X, X @ slopes + 1.5 + 0.1 * random.standard_normal(rows), epochs)


def fitted(given):
    def call():
        model = chainrule.LinearRegression().fit(given.X, given.y, given.epochs, RATE)
        return [*model.coef_, model.intercept_]

    return call


def looped(given):
    """The loop a user writes: an expression over columns, and its gradient every epoch."""
    names = [f"m{number}" for number in range(given.features)]
    prediction = chainrule.expression("b")
    for number, name in enumerate(names):
        prediction = prediction + chainrule.expression(name) * chainrule.expression(f"x{number}")
    loss = chainrule.mean((prediction - chainrule.expression("y")) ** 2)
    columns = {f"x{number}": column for number, column in enumerate(given.X.T.copy())}
    columns["y"] = given.y

    def call():
        parameters = dict.fromkeys([*names, "b"], 0.0)
        for _ in range(given.epochs):
            slopes = loss.diff(columns | parameters)
            parameters = {name: at - RATE * slopes[name] for name, at in parameters.items()}
        return list(parameters.values())

    return call


def numpy_loop(given):
    def call():
        X, y = given.X, given.y
        slopes, intercept = np.zeros(given.features), 0.0
        for _ in range(given.epochs):
            residual = X @ slopes + intercept - y
            slopes = slopes - RATE * 2 / len(y) * (X.T @ residual)
            intercept = intercept - RATE * 2 * residual.mean()
        return [*slopes, intercept]

    return call


def row_by_row(given):
    names = [*(f"m{number}" for number in range(given.features)), "b"]
    variables = [recursive.Expression(name) for name in names]
    losses = []
    for row, target in zip(given.X.tolist(), given.y.tolist(), strict=True):
        prediction = variables[-1]
        for variable, value in zip(variables[:-1], row, strict=True):
            prediction = prediction + variable * value
        residual = prediction - target
        losses.append(residual * residual)

    def call():
        parameters = dict.fromkeys(names, 0.0)
        for _ in range(given.epochs):
            slopes = {
                name: sum(loss.diff(parameters, name) for loss in losses) / len(losses)
                for name in names
            }
            parameters = {name: at - RATE * slopes[name] for name, at in parameters.items()}
        return list(parameters.values())

    return call


def torch_loop(given):
    import torch

    X, y = torch.from_numpy(given.X), torch.from_numpy(given.y)

    def call():
        slopes = torch.zeros(given.features, dtype=torch.float64, requires_grad=True)
        intercept = torch.zeros((), dtype=torch.float64, requires_grad=True)
        for _ in range(given.epochs):
            loss = ((X @ slopes + intercept - y) ** 2).mean()
            by_slopes, by_intercept = torch.autograd.grad(loss, (slopes, intercept))
            with torch.no_grad():
                slopes -= RATE * by_slopes
                intercept -= RATE * by_intercept
        return [*slopes.tolist(), intercept.item()]

    return call


def jax_loop(given):
    import jax

    jax.config.update("jax_enable_x64", val=True)
    X, y = jax.numpy.asarray(given.X), jax.numpy.asarray(given.y)

    def loss(parameters, X, y):
        slopes, intercept = parameters
        return ((X @ slopes + intercept - y) ** 2).mean()

    @jax.jit
    def descend(parameters, X, y):
        def epoch(_, parameters):
            slopes = jax.grad(loss)(parameters, X, y)
            return jax.tree.map(lambda at, slope: at - RATE * slope, parameters, slopes)

        return jax.lax.fori_loop(0, given.epochs, epoch, parameters)

    def call():
        start = (jax.numpy.zeros(given.features), jax.numpy.zeros(()))
        slopes, intercept = jax.block_until_ready(descend(start, X, y))
        return [*slopes.tolist(), float(intercept)]

    return call


def least_squares(given):
    from sklearn.linear_model import LinearRegression

    def call():
        model = LinearRegression().fit(given.X, given.y)
        return [*model.coef_, model.intercept_]

    return call


def stochastic(given):
    from sklearn.linear_model import SGDRegressor

    def call():
        model = SGDRegressor(penalty=None, max_iter=given.epochs, random_state=0)
        model.fit(given.X, given.y)
        return [*model.coef_, model.intercept_[0]]

    return call


# Title -> the library it takes, what makes its call, and how near its parameters must come.
PEER_LOOPS = {
    "PyTorch": ("torch", torch_loop, 1e-9),
    "JAX, jit of all epochs": ("jax", jax_loop, 1e-9),
    # Descent has come within 1e-6 of least squares after 1,000 epochs on such features.
    "scikit-learn LinearRegression": ("sklearn", least_squares, 1e-4),
    "scikit-learn SGDRegressor": ("sklearn", stochastic, 0.05),
}


def contestants(given, effort):
    """Return name -> (call, how near its parameters must come to those of `fit`)."""
    found = {
        OURS: (fitted(given), 0.0),
        "chainrule, the loop by hand": (looped(given), 1e-9),
        "NumPy, the loop by hand": (numpy_loop(given), 1e-9),
    }
    if len(given.y) <= MOST_ROWS_ONE_BY_ONE:
        found["recursive classes, row by row"] = (row_by_row(given), 1e-9)
    for title, (peer, maker, tolerance) in PEER_LOOPS.items():
        if effort.has(peer):
            found[title] = (maker(given), tolerance)
    return found


def race(rows, features, effort):
    given = problem(rows, features, 50 if effort.quick else EPOCHS)
    made = contestants(given, effort)
    reference = made[OURS][0]()
    for name, (call, tolerance) in made.items():
        close(name, "slopes and intercept", call(), reference, tolerance)
    found = side_by_side({name: call for name, (call, _) in made.items()}, effort)
    return ratio_table(f"{rows:,} rows, {features} features", found)


def run(**options):
    effort = Effort(**options)
    sizes = QUICK_SIZES if effort.quick else SIZES
    return Section([race(rows, features, effort) for rows, features in sizes], (), PEERS)
