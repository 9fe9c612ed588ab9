"""Elements by computed indices and sums at such places: values, derivatives, refusals in words."""

import numpy as np
import pytest

import chainrule
from chainrule import (
    check_gradient,
    check_operation,
    expression,
    gather,
    gradient,
    index_add,
    one_hot,
    parse,
    scatter_add,
    take,
    take_along_axis,
)
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import DataError, OperationError, ShapeError
from chainrule.language.arrays import gathering

RANDOM = np.random.default_rng(23)
x, i, v = expression("x"), expression("i"), expression("v")
OPERATIONS = [
    gathering.selection_by_index,
    gathering.addition_at_taken,
    gathering.selection_along_axis,
    gathering.addition_along_axis,
    gathering.scattered_addition,
    gathering.indexed_addition,
    gathering.indicator,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_each_says_one_thing_of_itself(operation):
    report = check_operation(operation)
    assert report.ok, str(report)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("indices", [2, [0, 1, 1, -2], [[2, 0], [1, 1]], np.zeros((0,), int)])
def test_taking_is_numpys_for_arrays_lists_and_expressions(axis, indices):
    values = RANDOM.normal(size=(3, 4))
    expected = np.take(values, indices, axis=axis)
    assert np.array_equal(expected, take(x, indices, axis=axis).eval({"x": values}))
    formula = take(x, i, axis=axis)
    at = {"x": values, "i": np.asarray(indices, dtype=float)}
    assert np.array_equal(expected, formula.eval(at))
    assert expected.shape == type(formula).shape((3, 4), np.shape(indices), axis)
    slopes = chainrule.sum(formula**2).diff(at, "x")
    counted = np.zeros((3, 4))
    for place in np.take(np.arange(12).reshape(3, 4), indices, axis=axis).ravel():
        counted.flat[place] += 1
    assert np.allclose(2 * values * counted, slopes, rtol=1e-15)


def test_indices_may_be_computed():
    formula = take(x, chainrule.floor(2 * v), axis=0)
    assert 30.0 == formula.eval({"x": [10.0, 20.0, 30.0], "v": 1.2})
    assert 0.0 == formula.diff({"x": [10.0, 20.0, 30.0], "v": 1.2}, "v")


@pytest.mark.parametrize(
    ("shape", "indices", "axis"),
    [
        ((3, 4), (3, 2), 1),
        ((3, 4), (1, 4), 0),
        ((1, 4), (3, 2), -1),
        ((2, 3, 4), (2, 5, 1), 1),
        ((5,), (0,), 0),
    ],
)
def test_taking_along_an_axis_is_numpys_and_its_cotangent_adds_up(shape, indices, axis):
    values = RANDOM.normal(size=shape)
    places = RANDOM.integers(-shape[axis], shape[axis], size=indices)
    formula = take_along_axis(x, places, axis=axis)
    expected = np.take_along_axis(values, places, axis)
    assert np.array_equal(expected, formula.eval({"x": values}))
    assert expected.shape == type(formula).shape(shape, indices, axis)
    assert check_gradient(chainrule.sum(formula**3), {"x": values}).ok or not places.size
    inner = chainrule.sum(gradient(chainrule.sum(formula**3))["x"] ** 2)
    assert check_gradient(inner, {"x": values}).ok or not places.size


def test_values_are_added_up_where_indices_name_one_place_twice():
    start, places = RANDOM.normal(size=(3, 4)), np.array([[0, 0, 2], [1, 1, 1], [3, 0, 3]])
    values = RANDOM.normal(size=(3, 3))
    expected = start.copy()
    for row, column in np.ndindex(3, 3):
        expected[row, places[row, column]] += values[row, column]
    formula = scatter_add(x, places, v, axis=1)
    at = {"x": start, "v": values}
    assert np.allclose(expected, formula.eval(at), rtol=1e-15)
    assert check_gradient(chainrule.sum(formula**3), at).ok


def rows_taken(indices, count):
    return np.eye(count)[np.asarray(indices)]


@pytest.mark.parametrize(
    ("build", "matrix"),
    [
        (lambda x: take(x, [2, 0, 2, 2]), rows_taken([2, 0, 2, 2], 3)),
        (lambda x: take_along_axis(x, [1, 1], axis=0), rows_taken([1, 1], 3)),
        (lambda x: index_add([1.0, 2.0], [1, 1, 0], x), rows_taken([1, 1, 0], 2).T),
        (lambda x: scatter_add([1.0, 2.0], [1, 1, 1], x), rows_taken([1, 1, 1], 2).T),
        (lambda x: x[[0, 0, -1]], rows_taken([0, 0, 2], 3)),
    ],
)
def test_second_derivatives_add_up_where_indices_name_one_place_twice(build, matrix):
    """Each is a linear map A x + c: the Hessian of the sum of its cubes is A' 6(A x + c) A."""
    values = {"x": np.array([0.5, -2.0, 3.0])}
    linear = build(x)
    expected = matrix.T @ (6 * linear.eval(values)[:, None] * matrix)
    found = chainrule.hessian(chainrule.sum(linear**3), values)["x"]["x"]
    np.testing.assert_allclose(expected, found, rtol=1e-14)
    products = [
        chainrule.hvp(chainrule.sum(linear**3), values, {"x": row})["x"] for row in np.eye(3)
    ]
    np.testing.assert_allclose(expected, products, rtol=1e-14)


def test_rows_are_added_at_their_indices():
    start, values = np.zeros((3, 2)), RANDOM.normal(size=(4, 2))
    formula = index_add(x, [2, 0, 2, 2], v, axis=0)
    at = {"x": start, "v": values}
    expected = [values[1], [0.0, 0.0], values[[0, 2, 3]].sum(0)]
    assert np.allclose(expected, formula.eval(at), rtol=1e-15)
    assert check_gradient(chainrule.sum(formula**3), at).ok


def test_one_hot_rows_have_a_one_where_the_index_says():
    assert np.array_equal(np.eye(4)[[[3, 0], [1, 1]]], one_hot([[3, 0], [1, 1]], 4))
    assert 0.0 == chainrule.sum(one_hot(i, 3)).diff({"i": 2.0}, "i")


def test_text_reads_back_and_names_are_one():
    for formula in (take(x, i, axis=0), scatter_add(x, i, v, axis=0), one_hot(i, 5)):
        assert parse(str(formula)) is formula
    assert gather is take_along_axis
    assert np.take(x, [0, 1], axis=0).eval({"x": [3.0, 4.0]}).tolist() == [3.0, 4.0]


def test_single_precision_stays_single():
    single = np.ones((3, 2), np.float32)
    slopes = chainrule.sum(take(x, [0, 0], axis=0)).diff({"x": single}, "x")
    assert np.float32 == slopes.dtype
    assert [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0]] == slopes.tolist()


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ([0, 3], r"index 3 at 1 is out of range along axis 0 of size 3, .* shape \(3, 2\)"),
        (-4, "index -4 is out of range along axis 0"),
    ],
)
def test_an_index_out_of_range_is_named_with_its_axis_and_size(index, words):
    with pytest.raises(ShapeError, match=words):
        take(np.ones((3, 2)), np.asarray(index), axis=0)


@pytest.mark.parametrize("index", [0.5, np.nan, np.inf, 1e300, 2**62])
def test_an_index_that_is_not_whole_is_refused(index):
    with pytest.raises(
        DataError, match=r"whole numbers below 2\*\*53, exact as floats; the one at 1 is"
    ):
        take(x, i, axis=0).eval({"x": np.ones(3), "i": [0.0, index]})


def test_shapes_that_do_not_fit_are_refused():
    table = np.ones((3, 2))
    with pytest.raises(ShapeError, match=r"along axis 0 one has 2, the other 3.*Only along axis 1"):
        take_along_axis(table, np.zeros((2, 2)), axis=1)
    with pytest.raises(ShapeError, match="as many axes as the array"):
        take_along_axis(table, [0], axis=0)
    with pytest.raises(ShapeError, match=r"values of shape \(3,\) do not fit the places.*\(3, 2\)"):
        scatter_add(table, np.zeros((3, 2)), np.ones(3), axis=1)
    with pytest.raises(ShapeError, match=r"nothing"):
        take(np.ones((0, 2)), [0], axis=0)
    with pytest.raises(ShapeError, match="index 3 at 0 is out of range in a row of 3"):
        one_hot([3], 3)
    with pytest.raises(OperationError, match="length of a row"):
        one_hot(i, 1.5)


def test_shapes_are_known_before_there_are_values():
    n = Size("n")
    assert (2, n, 4) == gathering.selection_by_index.shape((2, 3, 4), (n,), 1)
    assert (n, 2) == gathering.selection_along_axis.shape((n, 3), (UNKNOWN, 2), -1)
    assert (n, 3) == gathering.indicator.shape((n,), 3)
