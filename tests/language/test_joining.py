"""Arrays joined, stacked and cut: values as in NumPy, shapes before values, words for misfits."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import check_operation, expression, gradient, matrix, parse, vector
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import OperationError, ParseError, ShapeError

a, b, x = expression("a"), expression("b"), expression("x")
n, m = Size("n"), Size("m")
RANDOM = np.random.default_rng(7)
ONE, OTHER = RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(2, 3))
OPERATIONS = [
    kind
    for kind in cr.operations().values()
    if kind.__module__.rpartition(".")[2] in ("joining", "splitting")
]

JOINED = {
    "concatenate": lambda f, *arrays: f.concatenate(arrays),
    "concatenate along an axis": lambda f, *arrays: f.concatenate(list(arrays), axis=-1),
    "concatenate by position": lambda f, *arrays: f.concatenate(arrays, 1),
    "stack": lambda f, *arrays: f.stack(arrays),
    "stack along an axis": lambda f, *arrays: f.stack(arrays, axis=1),
    "hstack": lambda f, *arrays: f.hstack(arrays),
    "hstack of vectors": lambda f, *arrays: f.hstack([item[0] for item in arrays]),
    "hstack of numbers": lambda f, *arrays: f.hstack([item[0, 1] for item in arrays]),
    "vstack": lambda f, *arrays: f.vstack(arrays),
    "vstack of vectors": lambda f, *arrays: f.vstack([arrays[0], arrays[1][0]]),
}


@pytest.mark.parametrize("call", JOINED.values(), ids=JOINED)
def test_joining_computes_and_foretells_what_numpy_does(call):
    expected = call(np, ONE, OTHER)
    formula = call(cr, a, b)
    values = {"a": ONE, "b": OTHER}
    assert np.array_equal(expected, call(cr, ONE, OTHER))
    assert np.array_equal(expected, formula.eval(values))
    assert call(np, a, b) is formula
    assert parse(str(formula)) is formula
    shaped = call(cr, expression("a", shape=(2, 3)), expression("b", shape=(2, 3)))
    assert expected.shape == shaped.shape
    weights = RANDOM.normal(size=expected.shape)
    slopes = gradient((formula * formula * weights).sum(), values)
    moved = {name: value + 1e-6 * OTHER for name, value in values.items()}
    rise = (weights * (formula.eval(moved) ** 2 - expected**2)).sum() / 1e-6
    assert pytest.approx(rise, rel=1e-4) == sum((slope * OTHER).sum() for slope in slopes.values())


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_an_operation_keeps_what_it_says_of_itself(kind):
    check_operation(kind).raise_for_failure()


CUT = {
    "equal pieces": lambda f, array: f.split(array, 3, axis=1),
    "at places": lambda f, array: f.split(array, [1, 2], axis=-1),
    "two": lambda f, array: f.split(array, 2),
    "unequal pieces": lambda f, array: f.array_split(array, 2, axis=1),
}


@pytest.mark.parametrize("call", CUT.values(), ids=CUT)
def test_cutting_computes_what_numpy_does_piece_by_piece(call):
    expected = call(np, ONE)
    formulas = call(cr, x)
    for found in (call(cr, ONE), [piece.eval({"x": ONE}) for piece in formulas]):
        assert len(expected) == len(found)
        assert all(map(np.array_equal, expected, found))
    assert formulas == tuple(call(np, x))
    assert all(parse(str(piece)) is piece for piece in formulas)
    shaped = call(cr, expression("x", shape=ONE.shape))
    assert [piece.shape for piece in expected] == [piece.shape for piece in shaped]
    loss = (formulas[-1] ** 3).sum()
    found = gradient(loss, {"x": ONE})["x"]
    assert np.array_equal(found, gradient(loss)["x"].eval({"x": ONE}))
    last = call(np, np.arange(6).reshape(2, 3))[-1].ravel()
    assert np.allclose(3 * ONE.flat[last] ** 2, found.flat[last], rtol=1e-15)
    assert last.size == np.count_nonzero(found)


class TestShapes:
    def test_named_sizes_add_up(self):
        first, second = matrix("X", "n", 3), matrix("Y", "m", 3)
        assert (m + n, 3) == cr.concatenate([first, second]).shape
        assert (n, 2, 3) == cr.stack([first, first], axis=1).shape
        assert (n, 6) == cr.hstack([first, first]).shape
        assert (n + 1, 3) == cr.vstack([first, vector("v", 3)]).shape

    def test_pieces_of_named_sizes(self):
        twice = cr.concatenate([vector("v", "n"), vector("w", "n")])
        assert [(n,), (n,)] == [piece.shape for piece in cr.split(twice, 2)]
        assert [(UNKNOWN,), (n - 2,)] == [piece.shape for piece in cr.split(vector("v", "n"), [2])]
        assert [(UNKNOWN,)] * 3 == [piece.shape for piece in cr.split(vector("v", "n"), 3)]

    @pytest.mark.parametrize(
        ("build", "error", "words"),
        [
            (
                lambda: cr.concatenate([matrix("X", "n", 3), matrix("Y", "m", 4)]),
                ShapeError,
                r"\(n, 3\) and \(m, 4\) cannot be joined along axis 0: along axis 1 one has 3",
            ),
            (lambda: cr.concatenate([1.0, 2.0]), ShapeError, r"write stack\(\[a, b\]\)"),
            (lambda: cr.concatenate([ONE, ONE[0]]), ShapeError, "they have 2 and 1 axes"),
            (lambda: cr.concatenate([a, b], axis=1, vectors=0, c=2), OperationError, "'c'"),
            (lambda: cr.concatenate([a, b], 1, axis=0), OperationError, "given 'axis' twice"),
            (lambda: cr.concatenate([]), OperationError, "takes 1 operand or more, not 0"),
            (lambda: cr.stack([ONE, ONE[0]]), ShapeError, r"\(2, 3\) and \(3,\) cannot be stacked"),
            (lambda: cr.stack([ONE, ONE], axis=3), ShapeError, "axis 3 is out of range"),
            (lambda: cr.split(ONE, 2, axis=1), ShapeError, "has size 3.*2 equal pieces"),
            (lambda: cr.split(x, 0), OperationError, "must be 1 or more, not 0"),
            (lambda: cr.split(x, 2.0), OperationError, "must be a whole number"),
            (lambda: cr.unstack(x), ShapeError, r"unstack\(x, count=3\)"),
            (lambda: cr.unstack(vector("v", 3), count=2), ShapeError, "has 3 elements, not 2"),
            (lambda: cr.split(x, 2)[0].arguments[0][5], ShapeError, "2 values, and .5. is none"),
        ],
    )
    def test_what_does_not_fit_is_told(self, build, error, words):
        with pytest.raises(error, match=words):
            build()


class TestWriting:
    @pytest.mark.parametrize(
        ("text", "built"),
        [
            ("concatenate([a, b])", cr.concatenate([a, b])),
            ("concatenate([a, -1.0*b, array([1.0])], axis=1)", None),
            ("stack([a, sin(a + b)], axis=-1)", cr.stack([a, cr.sin(a + b)], -1)),
            ("stack([1, 2.0])", cr.stack([cr.constant(1), cr.constant(2.0)])),
            ("split(x, sections=3)[1]", cr.split(x, 3)[1]),
            ("split(x, sections=(1, 2), axis=1)[2]", cr.split(x, (1, 2), 1)[2]),
        ],
    )
    def test_text_reads_back(self, text, built):
        found = parse(text)
        assert text == str(found)
        assert built is None or found is built

    def test_operands_may_stand_without_a_list(self):
        assert parse("concatenation(a, b)") is cr.concatenate([a, b])
        assert parse("concatenate((a, b), 1)") is cr.concatenate([a, b], axis=1)

    @pytest.mark.parametrize("text", ["array([x])", "sin([x, 2])", "[x]", "stack([x, [y]])"])
    def test_a_list_of_formulas_stands_nowhere_else(self, text):
        with pytest.raises(ParseError, match=r"only numbers may stand|several numbers in brackets"):
            parse(text)


def test_elements_come_one_by_one():
    first, second = cr.unstack(ONE)
    assert np.array_equal(ONE[1], second)
    assert (x[0], x[1]) == cr.unbind(x, count=2)
    assert (x[:, 0], x[:, 1]) == cr.unstack(x, 1, count=2)
    assert (x[..., 0], x[..., 1]) == cr.unstack(x, -1, count=2)
    assert np.array_equal(ONE[0], first)


def test_joining_what_was_cut_is_the_same_and_so_is_its_second_derivative():
    first, second = cr.split(x, 2)
    whole = cr.concatenate([first, second])
    loss = (whole**3).sum()
    values = {"x": np.array([1.0, -2.0, 3.0, 0.5])}
    assert np.array_equal(values["x"], whole.eval(values))
    assert np.allclose(np.diag(6 * values["x"]), cr.hessian(loss, values)["x"]["x"], rtol=1e-12)
