"""Constrained minima are reached with exact derivatives, and told from points that are none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from chainrule import equal, expression, minimize
from chainrule import sum as total
from chainrule.errors import (
    MissingExtra,
    ParseError,
    SettingError,
    UnknownVariable,
    ValueTypeError,
)
from chainrule.optimize import landscapes
from chainrule.optimize.problem.constraints import Margins, margins_of
from chainrule.optimize.problem.dense import DenseObjective
from chainrule.optimize.problem.multipliers import residual_of
from chainrule.optimize.problem.point import Point
from chainrule.optimize.problem.vector_function import VectorFunction
from chainrule.optimize.running.constrained import solve_constrained
from chainrule.optimize.solvers import newton, optimizer_from_settings, slsqp
from chainrule.optimize.solvers.scipy_solvers import ScipySolver

w, x, y = (expression(name) for name in ("w", "x", "y"))
# A start in the basin of the least minimum: most have others, Keane's bump dozens.
SEEDS = {
    "gomez_levy": (0, 2),
    "keane_bump": (25,),
    "mishra_bird": (1, 4),
    "rosenbrock_cubic_and_line": (4, 5),
    "rosenbrock_disk": (0, 1),
    "simionescu": (0, 1),
    "townsend": (4, 13),
}


@pytest.mark.parametrize("name", SEEDS)
def test_constrained_landscapes_reach_their_minimum(name) -> None:
    landscape = landscapes.find(name)
    for seed in SEEDS[name]:
        found = solve_constrained(
            landscape.expression,
            landscape.constraints,
            landscape.start(seed),
            bounds=landscape.box,
        )
        assert found.success, found.message
        assert landscape.minimum == pytest.approx(found.loss, abs=1e-6)
        assert landscape.is_feasible(found.parameters, slack=1e-6)
        assert found.residual < 1e-5


@pytest.mark.parametrize("name", ["rosenbrock_cubic_and_line", "townsend"])
def test_interior_points_reach_it_too(name) -> None:
    landscape = landscapes.find(name)
    found = solve_constrained(
        landscape.expression,
        landscape.constraints,
        landscape.start(4),
        bounds=landscape.box,
        method="trust-constr",
    )
    assert found.success, found.message
    assert landscape.minimum == pytest.approx(found.loss, abs=1e-6)


@pytest.mark.parametrize("method", ["slsqp", "trust-constr"])
def test_equalities_arrays_and_data_may_be_constrained(method) -> None:
    found = solve_constrained(
        total((w - y) ** 2),
        [equal(total(w), 1), w >= 0],
        {"w": [0.2, 0.2, 0.2]},
        {"y": [0.9, 0.5, -0.4]},
        method=method,
    )
    # The nearest point of a simplex: both others give up 0.2.
    assert [0.7, 0.3, 0.0] == pytest.approx(found.parameters["w"], abs=1e-6)
    assert found.is_feasible


def test_what_cannot_hold_is_said_to_be_broken() -> None:
    found = solve_constrained(x**2, [x >= 2, x <= 1], {"x": 0.0})
    assert not found.success
    assert not found.is_feasible
    assert "broken: " in str(found)


def test_constraints_are_comparisons_or_their_text() -> None:
    assert margins_of("x + y <= 2")[0].inside is margins_of(x + y <= 2)[0].inside
    with pytest.raises(ValueTypeError, match="a constraint must be a comparison"):
        margins_of([x + y])
    with pytest.raises(ValueTypeError, match="a truth value, not a constraint"):
        margins_of([True])
    with pytest.raises(ParseError):
        margins_of("x <=")
    with pytest.raises(UnknownVariable, match="no value for 'z'"):
        solve_constrained(x**2, expression("z") <= 1, {"x": 0.0})
    with pytest.raises(SettingError, match=r"newton takes no constraints\. Take 'slsqp'"):
        solve_constrained(x**2, x <= 1, {"x": 0.0}, method="newton")


def test_a_solver_under_constraints_is_saved_with_them() -> None:
    solver = slsqp(constraints=[x**2 + y**2 <= 2, equal(x, 0.1)])
    again = optimizer_from_settings(solver.to_settings())
    assert [one.inside for one in solver.margins] == [one.inside for one in again.margins]
    with pytest.raises(SettingError, match="takes no constraints"):
        ScipySolver("l-bfgs-b", "L-BFGS-B", x <= 1)


def test_derivatives_of_vectors_agree_with_differences() -> None:
    loss = DenseObjective(total(w**2) + x, {"w": np.array([0.3, -0.8]), "x": 1.2})
    both = VectorFunction([w * x**2, total(w**3) - x], loss)
    start, weights, step = loss.start, np.array([0.5, -1.0, 2.0]), 1e-6
    slopes = [
        (both.value(start + move) - both.value(start - move)) / (2 * step)
        for move in step * np.eye(3)
    ]
    assert np.transpose(slopes) == pytest.approx(both.jacobian(start), abs=1e-8)
    bends = [
        weights @ (both.jacobian(start + move) - both.jacobian(start - move)) / (2 * step)
        for move in step * np.eye(3)
    ]
    assert np.array(bends) == pytest.approx(both.weighted_hessian(start, weights), abs=1e-7)


def test_without_scipy_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy", None)
    loss = DenseObjective(x**2, {"x": 1.0})
    with pytest.raises(MissingExtra, match=r'pip install "chainrule\[scipy\]"'):
        slsqp().init(loss, Point.at(loss, loss.start))
    assert newton().advance(loss, Point.at(loss, loss.start), {"radius": 9.0, "stalled": 0})


def test_a_landscape_is_solved_under_its_own_constraints() -> None:
    dome = landscapes.simionescu()
    found = solve_constrained(dome, None, (0.9, -0.8), bounds=dome.domain)
    assert found.success
    assert dome.minimum == pytest.approx(found.loss, abs=1e-6)


def test_what_is_left_of_the_gradient_shrinks_with_the_way_to_what_binds() -> None:
    loss = DenseObjective(x**2, {"x": 1.0})
    margins = Margins(margins_of(x >= 1), loss)
    left = [residual_of(Point.at(loss, np.array([1 + gap])), margins, None) for gap in (0, 1e-5)]
    assert 0.0 == left[0]
    assert 2e-5 == pytest.approx(left[1], rel=1e-4)


class TestManyConstraints:
    """A chain that hangs between two nails: each link has its length."""

    LINKS = 26

    def chain(self):
        n = self.LINKS - 1
        across = [0.0, *[expression(f"x{k}") for k in range(n)], 1.2]
        down = [0.0, *[expression(f"y{k}") for k in range(n)], 0.0]
        height = sum((a + b) / 2 for a, b in pairwise(down))
        length = (1.3 * 1.2 / self.LINKS) ** 2
        pairs = zip(pairwise(across), pairwise(down), strict=True)
        links = [equal((b - a) ** 2 + (d - c) ** 2, length) for (a, b), (c, d) in pairs]
        start = {f"x{k}": 1.2 * (k + 1) / self.LINKS for k in range(n)}
        start |= {f"y{k}": -0.3 * np.sin(np.pi * (k + 1) / self.LINKS) for k in range(n)}
        return height, links, start

    def test_solvers_agree_and_the_links_hold(self):
        height, links, start = self.chain()
        found = [
            minimize(height, start, method=method, constraints=links).final
            for method in ("slsqp", "trust-constr")
        ]
        assert found[0].loss == pytest.approx(found[1].loss, rel=1e-8)
        assert max(entry.broken for entry in found) < 1e-8
        middle = found[0].parameters[f"x{self.LINKS // 2 - 1}"]
        assert middle == pytest.approx(0.6, abs=1e-6)

    def test_their_slopes_are_kept_as_they_are_sparse(self):
        height, links, start = self.chain()
        loss = DenseObjective(height, start, beside=start)
        part = Margins.over(margins_of(links), loss).equal
        assert part.is_sparse
        dense = part.jacobian(loss.start)
        sparse = part.sparse_jacobian(loss.start)
        assert sparse.nnz == np.count_nonzero(dense)
        np.testing.assert_array_equal(sparse.toarray(), dense)
        weights = np.linspace(-1, 2, self.LINKS)
        whole = part.weighted_hessian(loss.start, weights)
        along = np.random.default_rng(0).normal(size=len(start))
        ahead, behind = (part.jacobian(loss.start + t * along).T @ weights for t in (1e-6, -1e-6))
        np.testing.assert_allclose((ahead - behind) / 2e-6, whole @ along, rtol=1e-6, atol=1e-8)
