import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product, wave

from chainrule.engine.notation import latex, quoted, text
from chainrule.engine.numbers import DOUBLES, FLOATS
from chainrule.engine.order import order
from chainrule.engine.program import Program, flatten
from chainrule.engine.shapes import shapes_of, sum_to_shape
from chainrule.engine.targets.interpreter import evaluate, run
from chainrule.errors import ShapeError


@pytest.fixture
def shared():
    x = letter("x")
    square = product(x, x)
    return plus(square, wave(square))


def test_arguments_come_before_the_nodes_that_use_them(shared):
    listed = order([shared])
    assert len(set(listed)) == len(listed) == 4
    for place, item in enumerate(listed):
        assert all(listed.index(argument) < place for argument in item.arguments)


def test_a_program_has_a_step_a_node_and_rebuilds_the_same_graph(shared):
    program = flatten([shared])
    assert len(program) == 4
    assert program.nodes()[program.outputs[0]] is shared


def test_a_program_survives_its_flat_state(shared):
    program = flatten([shared, shared.arguments[0]])
    assert program == Program.from_state(program.to_state())
    assert program != flatten([shared])


def test_a_program_prints_a_line_a_step(shared):
    assert str(flatten([shared])).splitlines() == [
        "%0 = letter 'x'",
        "%1 = product %0 %0",
        "%2 = wave %1",
        "%3 = plus %1 %2",
        "-> %3",
    ]


def test_programs_differ_by_the_bits_of_their_constants():
    assert flatten([number(0.0)]) != flatten([number(-0.0)])


def test_lanes_agree(shared):
    program = flatten([shared])
    floats = evaluate(program, FLOATS, {"x": 1.5})[0]
    arrays = evaluate(program, DOUBLES, {"x": np.array([1.5, 1.5])})[0]
    assert arrays.tolist() == pytest.approx([floats, floats], rel=1e-15)


def test_evaluating_lets_go_of_what_nobody_needs(shared):
    program = flatten([shared])
    freed = [slot for slots in program.last_uses() for slot in slots]
    assert [0, 1, 2] == sorted(freed)


def test_arrays_that_do_not_fit_are_named_with_both_shapes():
    program = flatten([plus(letter("a"), wave(letter("b")))])
    with pytest.raises(ShapeError, match=r"a has shape \(2,\) and wave\(b\) has shape \(3,\)"):
        run(program, DOUBLES, {"a": np.ones(2), "b": np.ones(3)})


def test_shapes_are_worked_out_without_computing():
    program = flatten([plus(letter("a"), wave(letter("b")))])
    assert (4, 3) == shapes_of(program, {"a": (4, 1), "b": (3,)})[program.outputs[0]]


@pytest.mark.parametrize(
    ("have", "want"),
    [((3, 2), (2,)), ((3, 2), (3, 1)), ((3, 2), ()), ((2,), (3, 2)), ((), (2, 2)), ((0, 2), (2,))],
)
def test_broadcasting_is_undone_to_the_wanted_shape(have, want):
    summed = sum_to_shape(np.ones(have), want)
    assert want == np.shape(summed)
    if np.size(np.ones(have)) >= np.size(np.ones(want)):
        assert np.sum(np.ones(have)) == np.sum(summed)


def test_text_has_least_brackets():
    a, b, c = letter("a"), letter("b"), letter("c")
    assert "a*(b + c)" == text(flatten([product(a, plus(b, c))]))
    assert "a*b + c" == text(flatten([plus(product(a, b), c)]))
    assert "a + (b + c)" == text(flatten([plus(a, plus(b, c))]))
    assert "a + b + c" == text(flatten([plus(plus(a, b), c)]))
    assert r"\sin" in latex(flatten([wave(a)]))


def test_names_that_are_no_identifiers_are_quoted():
    assert "`two words` + `pi`" == text(flatten([plus(letter("two words"), letter("pi"))]))
    assert "`a\\`b`" == quoted("a`b")


def test_a_huge_tree_is_abbreviated_and_its_root_still_shown():
    root = letter("x")
    for _ in range(200):
        root = product(root, root)
    written = text(flatten([root]))
    assert len(written) < 1_000
    assert "..." in written
