"""Axes and shapes of arrays: values as in NumPy, shapes before values, words for misfits."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import check_operation, expression, gradient, matrix, parse
from chainrule.engine.sizes import Size
from chainrule.errors import OperationError, ShapeError

n, m = Size("n"), Size("m")
X, x = matrix("X", "n", "m"), expression("x")
CUBE = np.random.default_rng(3).normal(size=(2, 1, 4))
MODULES = ("transposing", "reshaping", "rearranging", "borders")
OPERATIONS = [
    kind for kind in cr.operations().values() if kind.__module__.rpartition(".")[2] in MODULES
]

CALLS = {
    "transpose": (lambda f, a: f.transpose(a)),
    "transpose in order": (lambda f, a: f.transpose(a, (1, 2, 0))),
    "swapaxes": (lambda f, a: f.swapaxes(a, 0, -1)),
    "moveaxis": (lambda f, a: f.moveaxis(a, 0, -1)),
    "moveaxis, several": (lambda f, a: f.moveaxis(a, (0, 1), (-1, 0))),
    "reshape": (lambda f, a: f.reshape(a, (4, -1))),
    "reshape to one size": (lambda f, a: f.reshape(a, 8)),
    "ravel": (lambda f, a: f.ravel(a)),
    "squeeze": (lambda f, a: f.squeeze(a)),
    "squeeze an axis": (lambda f, a: f.squeeze(a, axis=1)),
    "expand_dims": (lambda f, a: f.expand_dims(a, 1)),
    "expand_dims, several": (lambda f, a: f.expand_dims(a, axis=(0, -1))),
    "broadcast_to": (lambda f, a: f.broadcast_to(a, (3, 2, 5, 4))),
    "flip": (lambda f, a: f.flip(a)),
    "flip an axis": (lambda f, a: f.flip(a, -1)),
    "roll": (lambda f, a: f.roll(a, 3)),
    "roll axes": (lambda f, a: f.roll(a, (1, -2), axis=(0, 2))),
    "tile": (lambda f, a: f.tile(a, (2, 1, 1, 3))),
    "repeat": (lambda f, a: f.repeat(a, 2)),
    "repeat each": (lambda f, a: f.repeat(a, (0, 3, 1, 2), axis=2)),
    "pad": (lambda f, a: f.pad(a, 1, constant_values=2.5)),
    "pad axes": (lambda f, a: f.pad(a, ((0, 1), (2, 0), (1, 1)))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_function_computes_and_foretells_what_numpy_does(call):
    expected = call(np, CUBE)
    formula = call(cr, x)
    for found in (call(cr, CUBE), formula.eval({"x": CUBE}), call(np, x).eval({"x": CUBE})):
        assert np.array_equal(expected, found)
    assert expected.shape == call(cr, expression("x", shape=CUBE.shape)).shape
    assert np.float32 == formula.eval({"x": CUBE.astype(np.float32)}).dtype
    assert parse(str(formula)) is formula


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_an_operation_keeps_what_it_says_of_itself(kind):
    check_operation(kind).raise_for_failure()


@pytest.mark.parametrize(
    ("formula", "shape"),
    [
        (X.T, (m, n)),
        (cr.transpose(X, (1, 0)), (m, n)),
        (cr.swapaxes(X, -1, 0), (m, n)),
        (X.reshape(-1), (n * m,)),
        (cr.reshape(X.T @ X, (-1,)), (m * m,)),
        (X.ravel(), (n * m,)),
        (X[None].squeeze(0), (n, m)),
        (cr.expand_dims(X, (0, 3)), (1, n, m, 1)),
        (cr.flip(X, 0), (n, m)),
        (cr.tile(X, (3, 1, 2)), (3, n, 2 * m)),
        (cr.repeat(X, 4, axis=1), (n, 4 * m)),
        (cr.pad(X, ((1, 2), (0, 0))), (n + 3, m)),
        (cr.crop(X, ((1, 2), (0, 0))), (n - 3, m)),
    ],
    ids=str,
)
def test_named_sizes_go_through(formula, shape):
    assert shape == formula.shape


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: cr.transpose(X, (0, 1, 2)), ShapeError, r"3 axes, but the shape is \(n, m\)"),
        (lambda: cr.transpose(X, (0, 0)), ShapeError, "axis 0 is named twice"),
        (lambda: cr.transpose(x, 0, 1), OperationError, r"swapaxes\(x, 0, 1\)"),
        (lambda: cr.swapaxes(X, 0, 2), ShapeError, "axis 2 is out of range"),
        (lambda: cr.moveaxis(X, (0, 1), 0), OperationError, "as many places as axes"),
        (lambda: expression("v", shape=3).mT, ShapeError, "two axes or more; the shape is"),
        (lambda: X.reshape(4, 4), ShapeError, r"\(n, m\) has m\*n elements.*into shape \(4, 4\)"),
        (lambda: x.reshape(-1, -1), OperationError, "more than one size open"),
        (lambda: x.reshape(2.5), OperationError, "must be a whole number"),
        (lambda: x.reshape(-2), OperationError, "must be -1 or more, not -2"),
        (lambda: X.squeeze(1), ShapeError, r"axis 1 of shape \(n, m\) has size m"),
        (lambda: cr.broadcast_to(X, (3, 4)), ShapeError, r"\(n, m\) cannot be repeated"),
        (lambda: cr.roll(x, (1, 2), 0), OperationError, "as many axes"),
        (lambda: cr.repeat(X, (1, 2), axis=0), ShapeError, "axis 0 of shape .n, m., which has n"),
        (lambda: cr.pad(X, ((1, 1),) * 3), ShapeError, r"for 3 axes, but the shape is \(n, m\)"),
        (lambda: cr.pad(x, -1), OperationError, "must be 0 or more, not -1"),
        (lambda: cr.pad(x, 1, constant_values="a"), OperationError, "takes a number as"),
        (lambda: np.pad(x, 1, mode="edge"), OperationError, "mode"),
        (lambda: cr.crop(np.ones(3), 2), ShapeError, "no border"),
    ],
)
def test_what_does_not_fit_is_told_when_it_is_built(build, error, words):
    with pytest.raises(error, match=words):
        build()


def test_a_misfit_that_only_values_show_has_both_shapes():
    with pytest.raises(ShapeError, match=r"\(2, 3\) has 6 elements.* into shape \(4, 2\)"):
        x.reshape(4, 2).eval({"x": np.ones((2, 3))})


class TestWriting:
    @pytest.mark.parametrize(
        ("text", "built"),
        [
            ("x.T", x.T),
            ("x.mT", x.mT),
            ("-x.T**2", -(x.T**2)),
            ("(-2).T @ (x + x).T", cr.constant(-2).T @ (x + x).T),
            ("2.T + 2.5.T + 1e+20.T", cr.constant(2).T + cr.constant(2.5).T + cr.constant(1e20).T),
            ("sin(x).T[0].mT", cr.sin(x).T[0].mT),
            ("(s := x).T", cr.named("s", x).T),
            ("reshape(x, shape=())", x.reshape(())),
            ("reshape(x, shape=(2,))", x.reshape(2)),
        ],
    )
    def test_text_reads_back(self, text, built):
        assert text == str(built)
        assert parse(text) is built

    def test_a_transpose_may_be_called(self):
        assert parse("transpose(x)") is x.T
        assert parse("reshape(x, (2, -1))") is x.reshape(2, -1)

    def test_a_long_row_of_signs_ends_in_a_transpose(self):
        assert parse("-" * 400 + "x.T") is parse("-" * 400 + "(x.T)")

    def test_other_attributes_are_none_of_ours(self):
        with pytest.raises(cr.errors.ParseError, match="attributes are not allowed"):
            parse("x.T.real")
        with pytest.raises(cr.errors.ParseError, match="attributes are not allowed"):
            parse("x + .T")

    def test_latex_has_the_sign_of_a_transpose(self):
        assert r"x^{\top} \, x" == (x.T @ x).to_latex()
        assert r"\left(x + 1\right)^{\top}" == (x + 1).mT.to_latex()


class TestMethods:
    def test_an_expression_has_those_of_an_array(self):
        for call in (
            lambda a: a.T,
            lambda a: a.mT,
            lambda a: a.transpose(),
            lambda a: a.transpose(1, 0, 2),
            lambda a: a.reshape(4, 2),
            lambda a: a.reshape((4, 2)),
            lambda a: a.ravel(),
            lambda a: a.squeeze(),
            lambda a: a.sum(axis=0),
            lambda a: a.mean(axis=(0, 1), keepdims=True),
        ):
            assert np.array_equal(call(CUBE), call(x).eval({"x": CUBE}))

    def test_torch_names_are_the_same_functions(self):
        assert cr.permute is cr.transpose
        assert cr.unsqueeze is cr.expand_dims
        assert cr.flatten is cr.ravel


class TestTidying:
    def test_turning_over_twice_is_nothing(self):
        assert x.T.T.tidy() is x
        assert x.mT.mT.tidy() is x
        assert cr.flip(cr.flip(x, 1), 1).tidy() is x
        assert cr.transpose(cr.transpose(x, (1, 2, 0)), (2, 0, 1)).tidy() is x

    def test_orders_of_axes_merge(self):
        twice = cr.transpose(cr.transpose(x, (1, 2, 0)), (1, 2, 0))
        assert cr.transpose(x, (2, 0, 1)) is twice.tidy()
        assert np.array_equal(twice.eval({"x": CUBE}), twice.tidy().eval({"x": CUBE}))


def test_a_gradient_goes_back_the_way_the_elements_came():
    weights = np.arange(8.0).reshape(4, 2)
    loss = (x.T.reshape(4, 2) * weights).sum()
    assert np.array_equal(weights.reshape(4, 1, 2).T, gradient(loss, {"x": CUBE})["x"])


def test_a_size_that_only_values_tell_is_no_shape_to_ask_for():
    X = expression("X", shape=("n", 3))
    with pytest.raises(OperationError, match=r"n in \(n, 3\) is known with values only. Write -1"):
        X.reshape(X.shape)
