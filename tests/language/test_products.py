"""Products of arrays by their other names: values as in NumPy, derivatives, shapes, refusals."""

import numpy as np
import pytest

import chainrule
from chainrule import check_gradient, check_operation, expression, gradient, matrix, parse, vector
from chainrule.engine.sizes import Size
from chainrule.errors import OperationError, ShapeError
from chainrule.language.matrices import cross, products

RANDOM = np.random.default_rng(29)
a, b = expression("a"), expression("b")
OPERATIONS = [
    products.product_cotangent,
    products.dot_product,
    products.inner_product,
    products.outer_product,
    products.vector_dot_product,
    products.tensor_product,
    products.kronecker_product,
    cross.cross_product,
]
PRODUCTS = [
    ("dot", (3,), (3,), {}),
    ("dot", (), (2, 3), {}),
    ("dot", (4, 2, 3), (3,), {}),
    ("dot", (2, 3), (4, 3, 2), {}),
    ("inner", (2, 3), (4, 3), {}),
    ("inner", (), (3,), {}),
    ("outer", (2, 2), (3,), {}),
    ("vdot", (2, 3), (3, 2), {}),
    ("kron", (2, 3), (4, 1), {}),
    ("kron", (2,), (3, 2, 2), {}),
    ("tensordot", (2, 3, 4), (3, 4, 2), {}),
    ("tensordot", (2, 3, 4), (4, 2), {"axes": ([0, 2], [1, 0])}),
    ("tensordot", (2, 3), (3, 2), {"axes": (-1, 0)}),
    ("tensordot", (2,), (3,), {"axes": 0}),
    ("cross", (3,), (3,), {}),
    ("cross", (2, 1, 3), (4, 3), {}),
    ("cross", (3, 2), (3, 2), {"axis": 0}),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_each_says_one_thing_of_itself(operation):
    report = check_operation(operation)
    assert report.ok, str(report)


@pytest.mark.parametrize(("name", "left", "right", "options"), PRODUCTS)
def test_a_product_is_numpys_and_its_slopes_are_right(name, left, right, options):
    at = {"a": RANDOM.normal(size=left), "b": RANDOM.normal(size=right)}
    formula = getattr(chainrule, name)(a, b, **options)
    expected = getattr(np, name)(at["a"], at["b"], **options)
    found = formula.eval(at)
    assert np.shape(expected) == np.shape(found)
    assert np.allclose(expected, found, rtol=1e-13, atol=1e-13)
    assert np.shape(expected) == type(formula).shape(left, right, *formula.attributes)
    assert getattr(np, name)(a, b, **options) is formula
    assert parse(str(formula)) is formula
    inner = chainrule.sum(gradient(chainrule.sum(formula**3))["a"] ** 2)
    assert check_gradient(inner, at).ok


def test_slopes_of_vectors_and_matrices_are_those_of_a_textbook():
    A, x, y = matrix("A", "n", "n"), vector("x", "n"), vector("y", "n")
    assert "outer(x, y)" == str(chainrule.dot(x, A @ y).derivative("A"))
    assert "A @ y" == str(chainrule.dot(x, A @ y).derivative("x"))
    assert r"\mathbf{x} \, {\mathbf{y}}^{\top}" == chainrule.outer(x, y).to_latex()


def test_what_is_not_finite_stays_where_it_is_in_a_cross_product():
    found = chainrule.cross([np.inf, 0.0, 0.0], [1.0, 1.0, 2.0])
    assert [0.0, -np.inf, np.inf] == found.tolist()


def test_shapes_are_known_before_there_are_values():
    n, m = Size("n"), Size("m")
    assert (n * m,) == products.kronecker_product.shape((n,), (m,))
    assert (2 * n, m) == products.outer_product.shape((n, 2), (m,))
    assert (n, 4, m) == products.dot_product.shape((n, 3), (4, 3, m))
    with pytest.raises(ShapeError, match=r"inner cannot multiply shapes \(n, 3\) and \(m,\): axis"):
        products.inner_product.shape((n, 3), (m,))


def test_shapes_and_axes_that_do_not_fit_are_refused():
    table = np.ones((2, 3))
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 3\): axis 1 of the first has 3, axis"):
        chainrule.dot(table, table)
    with pytest.raises(ShapeError, match=r"vdot cannot multiply shapes \(2, 3\) and \(5,\)"):
        chainrule.vdot(table, np.ones(5))
    with pytest.raises(ShapeError, match="cannot sum over 3 axes"):
        chainrule.tensordot(table, table, axes=3)
    with pytest.raises(OperationError, match="two lists of one length"):
        chainrule.tensordot(a, b, axes=([0], [0, 1]))
    with pytest.raises(ShapeError, match=r"vectors of 3 elements along axis 0.*of 2"):
        chainrule.cross(table, table, axis=0)
    with pytest.raises(ShapeError, match="Count it from the end"):
        chainrule.cross(np.ones((3, 2)), np.ones(3), axis=0)
