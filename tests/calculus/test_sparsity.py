"""Patterns, colours and compressed sweeps, against dense Jacobians and SciPy."""

import builtins
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import rosen_hess
from tests.words import our_operations

import chainrule as c
import chainrule.calculus.sparsity as pattern_finder
from chainrule import expression, hessian, jacobian, named, sparsity, structural
from chainrule.calculus.colouring import column_colours, star_colours, used
from chainrule.calculus.operation_points import points_of
from chainrule.engine import sweep
from chainrule.engine.bundle import Bundle
from chainrule.engine.node import Node
from chainrule.engine.protocol import Role
from chainrule.errors import DerivativeError, MissingExtra, ShapeError, ValueTypeError
from chainrule.language.kinds import reading
from chainrule.language.parts import parts_of

x, y, z = (expression(name) for name in "xyz")


class in_order(structural):
    """The elements of an array, the least first."""

    samples = ((np.array([3.0, 1.0, 2.0]),),)

    def forward(x):
        return np.sort(x)

    def push(tangents, y, x):
        return tangents[0][np.argsort(x)]

    def shape(shape):
        return shape


class halves(structural):
    """The first half of an array, and the second twice."""

    samples = ((np.array([3.0, 1.0, 2.0, 5.0]),),)

    def forward(x):
        return Bundle((x[: len(x) // 2], 2 * x[len(x) // 2 :]))

    def push(tangents, y, x):
        return halves.forward(tangents[0])

    def shape(shape):
        return Bundle(((shape[0] // 2,), (shape[0] - shape[0] // 2,)))


@pytest.fixture
def sweeps(monkeypatch):
    """Count the sweeps of a test over numbers, forward and back."""
    counted = []
    for name in ("reverse", "forward"):
        original = getattr(sweep, name)

        def counting(program, slots, *others, original=original, name=name, **settings):
            if not isinstance(slots[0], Node):
                counted.append(name)
            return original(program, slots, *others, **settings)

        monkeypatch.setattr(sweep, name, counting)
    return counted


def rosenbrock(variable):
    return c.sum(100 * (variable[1:] - variable[:-1] ** 2) ** 2 + (1 - variable[:-1]) ** 2)


def holds(pattern, matrix):
    return not np.any((matrix != 0) & ~pattern.toarray())


# --- patterns


STRUCTURAL = [
    operation
    for operation in our_operations().values()
    if operation.role is Role.OPERATION and not operation.is_elementwise and operation.samples
]


@pytest.mark.parametrize("operation", STRUCTURAL, ids=lambda operation: operation.__name__)
def test_the_pattern_of_every_operation_holds_its_jacobian(operation):
    for point in points_of(operation, operation.samples):
        names = [f"v{number}" for number in range(len(point.operands))]
        values = dict(zip(names, point.operands, strict=True))
        if any(isinstance(value, Bundle) for value in point.operands):
            continue
        e = operation.of((*map(expression, names), *point.attributes))
        if isinstance(e.eval(values), Bundle):
            continue
        try:
            dense = jacobian(e, values, as_array=True, sparsity=False)
        except DerivativeError:
            continue
        assert holds(sparsity(e, values), dense)
        found = jacobian(e, values, sparse=True)
        np.testing.assert_allclose(found.toarray(), dense, rtol=1e-12, atol=1e-12)


STEPS = [
    lambda e: e[1:] * c.sin(e[:-1]),
    lambda e: e[::2] - 3 * e[: (e_length(e) + 1) // 2],
    lambda e: e * c.sum(e[:2]),
    lambda e: c.where(e > 0, e[::-1], e * e),
    lambda e: c.mean(e[:, None] * e[None, 2:4], axis=1),
    lambda e: named("step", c.exp(e / 4)),
    lambda e: (np.eye(2, 3) @ e[:3]) * 2,
    lambda e: c.maximum(e, 0.1) + c.floor(e[::-1]),
    lambda e: e[np.array([0, 1, 1, -1])],
]


def e_length(e):
    return e.eval({"x": np.arange(1.0, 8.0)}).shape[0]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, len(STEPS) - 1), min_size=1, max_size=4, unique=True))
def test_a_pattern_holds_every_entry_and_colours_give_each_of_them(chosen):
    e, values = x, {"x": np.array([0.3, -1.2, 0.8, 2.0, -0.5, 1.1, 0.2])}
    for number in chosen:
        if e_length(e) < 4:
            break
        e = STEPS[number](e)
    dense = jacobian(e, values, "x", sparsity=False)
    pattern = sparsity(e, values)
    assert holds(pattern, dense)
    for known in ("auto", pattern):
        found = jacobian(e, values, sparse=True, sparsity=known)
        np.testing.assert_allclose(found.toarray(), dense, rtol=1e-12, atol=1e-12)
    loss = c.sum(e * e * e)
    expected = hessian(loss, values, as_array=True, sparsity=False)
    assert holds(sparsity(loss, values, order=2), expected)
    found = hessian(loss, values, sparse=True).toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("e", "shape", "entries_of"),
    [
        (x[1:] - x[:-1], (9,), 16),
        (c.sum(x, axis=1), (5, 3), 15),
        (x @ np.ones((3, 2)), (5, 3), 30),
        (c.mean(x, axis=0, keepdims=True) + x, (5, 3), 75),
        (c.floor(x), (4,), 0),
        (x[:, None] * x[None, :], (6,), 66),
        (x[np.array([4, 0, 4])], (5,), 3),
        (c.sum(x) * np.ones(3), (0,), 0),
    ],
)
def test_a_pattern_is_exact_for_what_moves_or_folds_along_axes(e, shape, entries_of):
    values = {"x": np.linspace(0.5, 2.5, int(np.prod(shape))).reshape(shape)}
    assert entries_of == sparsity(e, values).nnz


def test_a_pattern_does_not_take_zeros_in_the_values_for_zeros_everywhere():
    values = {"x": np.zeros(4), "y": np.zeros((3, 4))}
    assert 12 + 12 == sparsity(y @ x, values).nnz


def test_a_pattern_holds_at_other_values_where_elements_change_their_places():
    pattern = sparsity(reading(in_order)(x) * x, {"x": np.arange(5.0)})
    assert 25 == pattern.nnz


def test_a_pattern_goes_through_operations_with_several_values():
    low, high = parts_of(halves(x * x), ("low", "high"))
    pattern = sparsity(low[:, None] * high, {"x": np.arange(6.0)}).toarray()
    expected = [[column in (row // 3, 3 + row % 3) for column in range(6)] for row in range(9)]
    assert expected == pattern.tolist()


def test_the_columns_of_a_pattern_are_those_of_the_variables_in_the_order_asked():
    values = {"x": [1.0, 2.0], "y": 3.0, "z": 4.0}
    found = sparsity([x * y, z], values, ["z", "x", "y"]).toarray().astype(int)
    assert [[0, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0]] == found.tolist()


def test_a_pattern_of_many_numbers_joins_those_that_each_depends_on():
    leaves = [expression(f"v{number}") for number in range(300)]
    chained = [left * right for left, right in pairwise(leaves)]
    values = {leaf.name: 0.5 + number for number, leaf in enumerate(leaves)}
    found = jacobian(chained, values, leaves, sparse=True)
    expected = jacobian(chained, values, leaves, as_array=True, sparsity=False)
    assert 598 == found.nnz
    assert np.array_equal(expected, found.toarray())


def test_the_pattern_of_a_hessian_leaves_out_what_is_linear():
    values = {"x": np.ones(4), "y": np.ones(4)}
    found = sparsity(c.sum(x * y + y), values, order=2).toarray().astype(int)
    eye, none = np.eye(4, dtype=int), np.zeros((4, 4), int)
    assert np.block([[none, eye], [eye, none]]).tolist() == found.tolist()


def test_bands_are_found_also_across_powers_of_two(sweeps):
    e, values = c.convolve(x * x, np.array([1.0, -2.0, 1.0]), "same"), {"x": np.linspace(0, 1, 300)}
    found = jacobian(e, values, "x", sparse=True)
    assert 6 > len(sweeps)
    expected = jacobian(e, values, "x", sparsity=False)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12, atol=1e-12)


# --- colours


@st.composite
def patterns(draw, *, symmetric=False):
    size = draw(st.integers(1, 12))
    places = draw(st.lists(st.tuples(*[st.integers(0, size - 1)] * 2), max_size=40))
    dense = np.zeros((size, size), bool)
    for row, column in places:
        dense[row, column] = True
    return dense | dense.T if symmetric else dense


@settings(max_examples=50, deadline=None)
@given(patterns())
def test_no_row_has_two_columns_of_one_colour(dense):
    colours = column_colours(sparse.csr_array(dense))
    for row in dense:
        assert len(set(colours[row])) == row.sum()


@settings(max_examples=50, deadline=None)
@given(patterns(symmetric=True))
def test_an_entry_stands_alone_in_the_row_of_its_later_colour(dense):
    colours = star_colours(sparse.csr_array(dense))
    for row, column in zip(*np.nonzero(dense), strict=True):
        if row != column:
            low, high = sorted((row, column), key=lambda place: colours[place])
            assert colours[low] < colours[high]
            assert 1 == np.sum(dense[high] & (colours == colours[low]))


def test_a_band_takes_as_many_colours_as_it_is_wide():
    band = sparse.diags_array([np.ones(2000)] * 5, offsets=range(-2, 3), shape=(2000, 2000))
    assert 5 == used(column_colours(band.tocsr()))
    assert 5 == used(star_colours(band.tocsr()))


# --- sweeps


def test_a_matrix_with_three_diagonals_takes_three_sweeps(sweeps):
    values = {"x": np.linspace(0, 1, 500)}
    e = x[2:] - 2 * x[1:-1] + x[:-2] + c.exp(x[1:-1])
    found = jacobian(e, values, sparse=True)
    assert ["forward"] * 3 == sweeps
    expected = np.eye(498, 500) + np.eye(498, 500, 2)
    expected += (np.exp(values["x"]) - 2)[None, :] * np.eye(498, 500, 1)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12, atol=1e-12)
    assert isinstance(found, sparse.csr_array)


def test_full_rows_are_swept_back(sweeps):
    values = {"x": np.linspace(0, 1, 60)}
    found = jacobian(c.sum((x * x)[np.arange(60).reshape(3, 20)], axis=1), values, sparse=True)
    assert ["reverse"] == sweeps
    assert np.array_equal(np.repeat(np.eye(3), 20, axis=1) * 2 * values["x"], found.toarray())


def test_a_dense_jacobian_shares_sweeps_where_that_pays(sweeps):
    values = {"x": np.linspace(0, 1, 400), "y": 2.0}
    found = jacobian([y * x[1:] * x[:-1], x[::-1]], values)
    assert 5 > len(sweeps)
    expected = jacobian([y * x[1:] * x[:-1], x[::-1]], values, sparsity=False)
    for row, other in zip(found, expected, strict=True):
        assert (399, 400) == found[0]["x"].shape
        assert np.array_equal(other["x"], row["x"])
        assert np.array_equal(other["y"], row["y"])


def test_a_dense_jacobian_of_what_is_full_is_swept_as_before(sweeps):
    values = {"x": np.linspace(0, 1, 210)}
    jacobian(x * c.sum(x), values)
    assert 210 == len(sweeps)


def test_a_banded_hessian_takes_three_sweeps(sweeps):
    values = {"x": np.linspace(-1, 1, 400)}
    found = hessian(rosenbrock(x), values, sparse=True)
    assert ["forward"] * 3 == sweeps
    np.testing.assert_allclose(found.toarray(), rosen_hess(values["x"]), rtol=1e-12, atol=1e-12)
    dense = hessian(rosenbrock(x), values)["x"]["x"]
    assert ["forward"] * 6 == sweeps
    assert np.array_equal(found.toarray(), dense)


@pytest.mark.parametrize("names", [["x", "y"], ["y", "x"]])
def test_a_variable_shared_by_all_terms_costs_one_sweep_more(sweeps, names):
    values = {"x": np.linspace(0, 1, 50), "y": 2.0}
    loss = c.sum(c.exp(y * x))
    found = hessian(loss, values, names, sparse=True).toarray()
    assert ["forward"] * 2 == sweeps
    expected = hessian(loss, values, names, as_array=True, sparsity=False)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_step_and_what_it_is_made_of_may_both_be_asked_for():
    step = named("s", x * x)
    values = {"x": np.array([1.0, 2.0, 3.0])}
    e = [step[1:] * x[:-1], step, step[1:] * x[:-1]]
    expected = jacobian(e, values, ["s", "x"], as_array=True, sparsity=False)
    for known in ("auto", expected != 0):
        found = jacobian(e, values, ["s", "x"], sparse=True, sparsity=known)
        assert np.array_equal(expected, found.toarray())


def test_a_sparse_jacobian_keeps_single_precision():
    values = {"x": np.ones(4, np.float32), "y": np.float32(2)}
    assert np.float32 == jacobian(y * x * x, values, sparse=True).dtype
    assert np.float32 == jacobian(y * x * x, values, as_array=True).dtype


def test_an_infinite_slope_spoils_no_rows_but_those_it_is_in():
    e = c.sqrt(x)[1:] + c.sqrt(x)[:-1]
    values = {"x": np.array([0.0, 1.0, 4.0, 9.0])}
    found = jacobian(e, values, sparse=True).toarray()
    assert [[0, 0.5, 0.25, 0], [0, 0, 0.25, 1 / 6]] == found[1:].tolist()
    assert np.isinf(found[0, 0])


def test_a_pattern_serves_at_other_values(sweeps):
    e = x[1:] * x[:-1]
    pattern = sparsity(e, {"x": np.zeros(30)})
    values = {"x": np.linspace(1, 2, 30)}
    found = jacobian(e, values, as_array=True, sparsity=pattern)
    assert 3 == len(sweeps)  # the third one checks the pattern
    assert np.array_equal(jacobian(e, values, as_array=True, sparsity=False), found)


# --- refusals


def test_a_pattern_of_another_shape_is_refused_with_both_shapes():
    values = {"x": np.ones(4), "y": 2.0}
    with pytest.raises(ShapeError, match=r"pattern has shape \(4, 4\), but .* shape \(4, 5\)"):
        jacobian(x * y, values, sparsity=np.eye(4))
    with pytest.raises(ShapeError, match=r"\(3, 3\), but the matrix has shape \(4, 4\)"):
        hessian(c.sum(x * x * y), values, "x", sparsity=np.eye(3))


def test_a_pattern_that_lacks_entries_is_found_out():
    values = {"x": np.arange(1.0, 5.0)}
    with pytest.raises(DerivativeError, match="lacks entries: row 1 has derivatives"):
        jacobian(x * x[0], values, sparsity=np.eye(4), sparse=True)
    with pytest.raises(DerivativeError, match="lacks entries"):
        hessian(rosenbrock(x), values, sparsity=np.eye(4))


def test_words_that_are_no_choice_and_numbers_that_do_not_fit_are_refused():
    values = {"x": np.ones(3)}
    with pytest.raises(ValueTypeError, match="sparsity='yes' is no choice"):
        jacobian(x, values, sparsity="yes")
    with pytest.raises(ValueTypeError, match="is no pattern"):
        jacobian(x, values, sparsity={"x": 1})
    with pytest.raises(ValueTypeError, match="a sparse matrix holds floats"):
        jacobian(x * y, {"x": Fraction(1, 2), "y": Fraction(1, 3)}, sparse=True)
    with pytest.raises(ValueTypeError, match="so is sparse=True"):
        jacobian(x * y, sparse=True)
    with pytest.raises(ValueTypeError, match="order=3 has no pattern"):
        sparsity(x, values, order=3)
    with pytest.raises(DerivativeError, match="a Hessian is of one number"):
        sparsity(x, values, order=2)
    with pytest.raises(DerivativeError, match="there are 2 expressions"):
        sparsity([x, y], {"x": 1, "y": 2}, order=2)


def test_without_scipy_a_dense_jacobian_is_swept_densely(monkeypatch, sweeps):
    original = builtins.__import__

    def refusing(name, *arguments, **keywords):
        if name.startswith("scipy"):
            raise ImportError(name)
        return original(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refusing)
    values = {"x": np.linspace(0, 1, 220)}
    assert (219, 220) == jacobian(x[1:] * x[:-1], values, "x").shape
    assert 219 == len(sweeps)
    with pytest.raises(MissingExtra, match=r"A sparse matrix needs scipy.*chainrule\[scipy\]"):
        jacobian(x[1:] * x[:-1], values, sparse=True)


class TestThePatternIsKept:
    """What was found for one call serves those that it holds for, and no other."""

    def formula(self):
        x, weight = expression("x"), expression("c")
        return c.sum(weight[1:] * x[1:] ** 2 * x[:-1] + x[:-1] ** 3)

    def hessian_by_sweeps(self, formula, values):
        return hessian(formula, values, "x", as_array=True, sparsity=False)

    @pytest.mark.parametrize("rows", [250, 300])
    def test_for_other_values_and_shapes(self, rows):
        formula = self.formula()
        for scale in (0.0, 1.0, -2.0):
            for size in (rows, rows + 1):
                values = {"x": np.linspace(-1, 1, size), "c": np.full(size, scale)}
                found = hessian(formula, values, "x", as_array=True)
                assert np.allclose(self.hessian_by_sweeps(formula, values), found, rtol=1e-13)
                sparse = hessian(formula, values, "x", sparse=True)
                assert np.allclose(found, sparse.toarray(), rtol=1e-13)

    def test_while_the_others_stay_as_they_are(self):
        formula = self.formula()
        values = {"x": np.linspace(-1, 1, 250), "c": np.zeros(250)}
        hessian(formula, values, "x", as_array=True)
        values["c"][:] = 3.0  # the same array, changed in place
        found = hessian(formula, values, "x", as_array=True)
        assert np.allclose(self.hessian_by_sweeps(formula, values), found, rtol=1e-13)

    def test_and_found_once(self, monkeypatch):
        searches = []
        search = pattern_finder.pattern_of
        monkeypatch.setattr(
            pattern_finder,
            "pattern_of",
            lambda *given, **limits: searches.append(1) or search(*given, **limits),
        )
        formula = self.formula()
        for scale in (1.0, 2.0, 3.0):
            values = {"x": scale * np.linspace(-1, 1, 250), "c": np.ones(250)}
            hessian(formula, values, "x", as_array=True)
        assert [1] == searches
