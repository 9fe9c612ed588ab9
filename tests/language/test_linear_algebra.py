"""Matrix products and selections: values as in NumPy, derivatives against finite differences."""

import numpy as np
import pytest

import chainrule
from chainrule import expression, matmul
from chainrule.engine.sizes import Size
from chainrule.errors import ShapeError, ValueTypeError

A, B, x = expression("A"), expression("B"), expression("x")
RANDOM = np.random.default_rng(5)

SHAPES = [
    ((2, 3), (3, 4)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((3,), (3,)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 4)),
    ((0, 3), (3, 2)),
    ((1, 1), (1, 1)),
]


def central(formula, values, name, step=1e-6):
    base = values[name]
    slopes = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        moved = []
        for sign in (1, -1):
            shifted = base.copy()
            shifted[place] += sign * step
            moved.append(formula.eval(values | {name: shifted}))
        slopes[place] = (moved[0] - moved[1]) / (2 * step)
    return slopes


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_a_product_has_numpys_value_and_the_right_gradient(left, right):
    values = {"A": RANDOM.normal(size=left), "B": RANDOM.normal(size=right)}
    product = A @ B
    assert np.array_equal(values["A"] @ values["B"], product.eval(values))
    loss = chainrule.sum(product * product)
    found = loss.diff(values)
    for name in "AB":
        assert values[name].shape == found[name].shape
        assert np.allclose(central(loss, values, name), found[name], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("left", "right"), SHAPES[:9])
def test_a_product_is_differentiated_twice(left, right):
    values = {"A": RANDOM.normal(size=left), "B": RANDOM.normal(size=right)}
    loss = chainrule.sum((A @ B) ** 3)
    slopes = chainrule.gradient(loss)
    for name in "AB":
        inner = chainrule.sum(slopes[name] ** 2)
        for other in "AB":
            found = inner.diff(values, other)
            assert np.allclose(central(inner, values, other), found, rtol=1e-5, atol=1e-4)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 3\)"):
        (A @ B).eval({"A": np.ones((2, 3)), "B": np.ones((2, 3))})
    with pytest.raises(ShapeError, match=r"use \*"):
        (A @ B).eval({"A": np.ones((2, 3)), "B": 2.0})


def test_arrays_lift_from_both_sides():
    ones = np.ones((2, 2))
    assert np.array_equal(ones @ ones, (ones @ A).eval({"A": ones}))
    assert np.array_equal(ones @ ones, (A @ ones).eval({"A": ones}))
    assert np.array_equal(ones @ ones, matmul(ones, ones))


KEYS = [
    0,
    -1,
    slice(1, None),
    slice(None, None, -2),
    (0, 1),
    (slice(None), 2),
    (..., 0),
    (None, 1),
    np.array([0, 0, 1]),
    (np.array([0, 1, 1]), np.array([2, 2, 2])),
    np.array([[True, False, True], [False, False, True]]),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_selection_has_numpys_value_and_the_right_gradient(key):
    values = {"x": RANDOM.normal(size=(2, 3))}
    assert np.array_equal(values["x"][key], x[key].eval(values))
    loss = chainrule.sum(x[key] ** 3)
    assert np.allclose(central(loss, values, "x"), loss.diff(values, "x"), rtol=1e-6, atol=1e-8)
    second = chainrule.sum(chainrule.gradient(loss)["x"] ** 2)
    assert np.allclose(central(second, values, "x"), second.diff(values, "x"), rtol=1e-5, atol=1e-6)


def test_selections_are_interned_and_print_as_written():
    assert x[0, 1:] is x[0, 1:]
    assert x[0] is not x[1]
    assert "x[0, 1:, None]" == str(x[0, 1:, None])
    assert "(x + A)[..., ::2]" == str((x + A)[..., ::2])


def test_an_index_out_of_range_names_the_axis_and_its_size():
    with pytest.raises(ShapeError, match="axis 0 with size 3"):
        x[5].eval({"x": np.ones(3)})


@pytest.mark.parametrize("key", ["a", 1.5, True, {}])
def test_what_cannot_select_is_refused(key):
    with pytest.raises(ValueTypeError, match="cannot select"):
        x[key]


def test_shapes_of_products_are_known_before_values():
    rows = Size("n")
    shape = chainrule.matrix_multiplication.shape
    assert (rows,) == shape((rows, 3), (3,))
    assert (5, 4, rows, rows) == shape((5, 1, rows, 3), (4, 3, rows))
    with pytest.raises(ShapeError, match=r"left one has 3, the only axis of the right one n"):
        shape((rows, 3), (rows,))
    with pytest.raises(ShapeError, match=r"\(2, 4, 3\) and \(5, 3, 4\), a batch"):
        (A @ B).eval({"A": np.ones((2, 4, 3)), "B": np.ones((5, 3, 4))})
