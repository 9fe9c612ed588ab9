"""What steps have to do with rows, in a toy language: kinds, reasons, folds and their passes."""

import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product, toy, wave
from tests.row_blocks import in_blocks, in_one

from chainrule.engine.dependency import moved_by, needed_for
from chainrule.engine.node import intern
from chainrule.engine.notation import function, text
from chainrule.engine.program import flatten
from chainrule.engine.row_passes import split, with_folds_written_out
from chainrule.engine.rows import FIXED, Kind, Rows, reason_of, rows_of
from chainrule.errors import ShapeError

SHAPES = {"x": (10,), "y": (10,), "X": (10, 3), "a": (), "v": (3,), "long": (10,), "S": (10, 10)}
x, y, X, a, v, long, S = (letter(name) for name in SHAPES)
ROWS = {"x", "y", "X", "S"}


class over_array(toy):
    """An operation on a whole array, with a number as its attribute."""

    __slots__ = ()
    is_elementwise = False
    shape = staticmethod(lambda shape, _number: shape)

    def __new__(cls, array, attribute=0):
        return intern(cls, (array,), (attribute,))

    def __init_subclass__(cls):
        super().__init_subclass__()
        cls.notation = function(cls.__name__, keywords=("number",), defaults=(0,))


class added_up(over_array):
    __slots__ = ()
    rows = "sum"
    on_array = staticmethod(lambda array, axis: np.sum(array, axis=axis))
    shape = staticmethod(lambda shape, axis: shape[:axis] + shape[axis + 1 :])


class greatest(over_array):
    __slots__ = ()
    rows = "max"
    on_array = staticmethod(lambda array, axis: np.max(array, axis=axis))
    shape = staticmethod(lambda shape, axis: shape[:axis] + shape[axis + 1 :])


class counted(over_array):
    __slots__ = ()
    rows = "count"
    on_array = staticmethod(lambda array, axis: float(np.shape(array)[axis]))
    shape = staticmethod(lambda _shape, _axis: ())


class no_fold_of_its_word(over_array):
    __slots__ = ()
    rows = "sum"
    on_array = staticmethod(lambda array, axis: np.sum(array, axis=axis) ** 2)
    shape = staticmethod(lambda shape, axis: shape[:axis] + shape[axis + 1 :])


class backwards(over_array):
    __slots__ = ()
    on_array = staticmethod(np.flip)


class until(over_array):
    __slots__ = ()
    mixing = "it takes the first rows"
    on_array = staticmethod(lambda array, stop: array[:stop])
    shape = staticmethod(lambda shape, stop: (min(shape[0], stop), *shape[1:]))


class side_of_zero(over_array):
    __slots__ = ()
    on_array = staticmethod(lambda array, _number: np.sign(array))


class refused(over_array):
    __slots__ = ()

    @staticmethod
    def on_array(_array, _number):
        raise ValueError("these numbers do not please it.")


class nowhere(over_array):
    __slots__ = ()
    on_array = staticmethod(lambda array, _number: array * np.nan)


class of_whole_numbers(over_array):
    __slots__ = ()

    @staticmethod
    def on_array(array, _number):
        if np.any(array != np.round(array)):
            raise ValueError("not whole")
        return array[:, ::-1]


class ranked(over_array):
    __slots__ = ()
    on_array = staticmethod(lambda array, axis: np.argsort(array, axis=axis).astype(float))


class declared_so(over_array):
    __slots__ = ()
    rows = staticmethod(lambda below, _shapes, _number: below[0].axis)
    on_array = staticmethod(lambda array, _number: array[::-1])


class centred(over_array):
    __slots__ = ()
    on_array = staticmethod(lambda array, _axis: array - np.sum(array, axis=0))
    meaning = staticmethod(lambda array, axis: array + product(-1, added_up(array, axis)))


class spread_out(over_array):
    __slots__ = ()
    on_array = staticmethod(lambda array, axis: np.sum((array - np.sum(array, axis)) ** 2, axis))
    shape = staticmethod(lambda shape, axis: shape[:axis] + shape[axis + 1 :])

    @staticmethod
    def meaning(array, axis):
        apart = centred(array, axis)
        return added_up(apart * apart, axis)


def written(value):
    return text(flatten([value])) if isinstance(value, toy) else None


def state_of(root):
    program = flatten([root])
    return rows_of(program, SHAPES, ROWS)[program.outputs[0]]


def told(root):
    program = flatten([root])
    return reason_of(program, rows_of(program, SHAPES, ROWS), program.outputs[0])


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (a * 2 + v, FIXED),
        (added_up(v), FIXED),
        (x, Rows(Kind.ROWS)),
        (wave(x * a) + y, Rows(Kind.ROWS)),
        (X * v, Rows(Kind.ROWS)),
        (product(number(2), X), Rows(Kind.ROWS)),
        (added_up(X, 1), Rows(Kind.ROWS)),
        (added_up(X, 0), Rows(Kind.FOLDED, fold="sum", stage=1)),
        (greatest(x), Rows(Kind.FOLDED, fold="max", stage=1)),
        (counted(x), Rows(Kind.FOLDED, fold="count")),
        (counted(x) * 2, Rows(Kind.FOLDED)),
        (wave(added_up(x)) * a, Rows(Kind.FOLDED, stage=1)),
        (x + added_up(x), Rows(Kind.ROWS, stage=1)),
        (greatest(x + added_up(x)), Rows(Kind.FOLDED, fold="max", stage=2)),
        (x + counted(x), Rows(Kind.ROWS)),
        (backwards(X, 1), Rows(Kind.ROWS)),
        (side_of_zero(x), Rows(Kind.ROWS)),
        (ranked(X, 1), Rows(Kind.ROWS)),
        (of_whole_numbers(X), Rows(Kind.ROWS)),
        (declared_so(x), Rows(Kind.ROWS)),
        (centred(x), Rows(Kind.ROWS, stage=1, hidden=True)),
        (spread_out(x), Rows(Kind.FOLDED, stage=2, hidden=True)),
    ],
    ids=written,
)
def test_each_step_is_told_what_it_has_to_do_with_rows(root, expected):
    assert expected == state_of(root)


@pytest.mark.parametrize(
    ("root", "words"),
    [
        (backwards(x), "backwards takes the rows together, in backwards(x)"),
        (wave(backwards(x)) + a, "backwards takes the rows together, in backwards(x)"),
        (ranked(X, 0), "ranked takes the rows together, in ranked(X)"),
        (no_fold_of_its_word(x), "no_fold_of_its_word takes the rows together"),
        (plus(x, long), "long has shape (10,), an element for each row, but is not among the data"),
        (plus(S, x), "the rows of one operand lie along an axis of another that is none of rows"),
        (refused(x), "could not be tried with 7 rows: these numbers do not please it), in refused"),
        (nowhere(x), "it had no value for any of the numbers that were tried"),
    ],
    ids=written,
)
def test_what_mixes_rows_says_which_step_and_why(root, words):
    assert state_of(root).kind is Kind.MIXED
    assert words in told(root)


@pytest.mark.parametrize("stop", [*range(1, 12), 40, 1000])
def test_no_number_among_the_attributes_meets_the_number_of_rows(stop):
    assert state_of(until(x, stop)).kind is Kind.MIXED
    assert told(until(x, stop)).startswith("it takes the first rows")


def test_rows_are_as_many_in_all_data():
    program = flatten([x + y])
    with pytest.raises(ShapeError, match=r"'y' has shape \(9,\) where 'x' has shape \(10,\)"):
        rows_of(program, {"x": (10,), "y": (9,)}, {"x", "y"})
    with pytest.raises(ShapeError, match="as many along the first axis"):
        rows_of(program, {"x": (), "y": ()}, {"x", "y"})


def test_folds_that_a_meaning_hides_are_written_out():
    written = with_folds_written_out(flatten([spread_out(x), centred(y)]), SHAPES, ROWS)
    assert spread_out not in written.operations
    assert centred not in written.operations
    apart = x + product(-1, added_up(x))
    assert written == flatten([added_up(apart * apart), y + product(-1, added_up(y))])


def test_what_hides_no_fold_of_rows_stays():
    program = flatten([added_up(centred(X * v, 1), 1)])
    table = {**SHAPES, "X": (10, 1), "v": (1,)}
    assert program is with_folds_written_out(program, table, set())


def values():
    generator = np.random.default_rng(3)
    return {name: generator.normal(size=shape) for name, shape in SHAPES.items()}


@pytest.mark.parametrize(
    ("root", "count"),
    [
        (wave(x * a), 1),
        (a * 2, 0),
        (counted(x) * a, 0),
        (added_up(wave(x) * y), 1),
        (added_up(x * counted(x)) + greatest(y), 1),
        (spread_out(x), 2),
        (centred(x) * y, 2),
        (greatest(centred(x * a)) + added_up(v), 2),
        (spread_out(x + spread_out(y)), 4),
        (added_up(X * v, 1) + added_up(x), 2),
        (added_up(X, 0) * v, 1),
    ],
    ids=written,
)
@pytest.mark.parametrize("ends", [[10], [3, 10], [1, 2, 7, 10]])
def test_passes_over_blocks_of_rows_come_to_what_the_whole_does(root, count, ends):
    program, inputs = flatten([root]), values()
    parts = split(program, SHAPES, ROWS)
    assert count == len(parts.passes)
    assert () == parts.mixed
    (answer,), (expected,) = in_blocks(parts, inputs, ROWS, ends), in_one(program, inputs)
    np.testing.assert_allclose(answer, expected, rtol=1e-12, atol=1e-12)


def test_outputs_that_mix_rows_are_in_no_pass():
    parts = split(flatten([backwards(x), added_up(y)]), SHAPES, ROWS)
    mixed, folded = parts.program.outputs
    assert (mixed,) == parts.mixed
    assert [(folded,)] == [one.folds for one in parts.passes]
    assert mixed not in parts.passes[0].per_row


def test_slots_depend_on_what_moves_and_are_needed_for_what_is_wanted():
    program = flatten([wave(x) * a, wave(y)])
    first, second = program.outputs
    moved = moved_by(program, {"a", "unknown"})
    assert [program.inputs["a"], first] == [slot for slot, moves in enumerate(moved) if moves]
    assert [program.inputs["y"], second] == needed_for(program, [second])
    kept = needed_for(program, program.outputs, lambda slot: program.operations[slot] is not wave)
    assert [program.inputs["a"], first] == kept
