"""Every operation there is, checked without listing them; and broken ones, caught by name."""

import math

import numpy as np
import pytest
from tests.words import our_operations

import chainrule as c
from chainrule import elementwise, expression, structural
from chainrule.calculus import precise
from chainrule.calculus.operation_check import check_operation
from chainrule.errors import OperationError, SettingError
from chainrule.language import kinds
from chainrule.language.composition import composed
from chainrule.language.folds import sum_as

OURS = our_operations()


@pytest.fixture(autouse=True)
def register():
    """Take the toys of a test off the register afterwards."""
    before = dict(kinds._registry)
    yield
    kinds._registry.clear()
    kinds._registry.update(before)


@pytest.mark.parametrize("name", OURS)
def test_every_operation_is_what_it_says(name):
    report = check_operation(OURS[name])
    assert report.ok, str(report)
    assert report.checked > 5


@pytest.mark.parametrize("name", OURS)
def test_every_operation_is_right_without_mpmath_too(name, monkeypatch):
    monkeypatch.setattr(precise, "computed", lambda compute, digits: None)
    report = check_operation(OURS[name])
    assert report.ok, str(report)


FOLDS = [
    name
    for name, kind in OURS.items()
    if {"axis", "keepdims"} <= set(kind.keywords) and not kind.is_elementwise
]


@pytest.mark.parametrize("name", FOLDS)
def test_folds_are_right_along_every_axis_of_a_cube(name):
    cube = np.cos(np.arange(24.0)).reshape(2, 3, 4)
    kind = OURS[name]
    samples = [(cube,)]
    if kind.arity[0] == 2:  # a fold's cotangent, spread along the axis that was folded
        samples = [
            (cube.sum(axis=axis, keepdims=keepdims), cube, {"axis": axis, "keepdims": keepdims})
            for axis in (None, 0, 1, -1, (0, 2))
            for keepdims in (False, True)
        ]
    report = check_operation(kind, samples=samples)
    assert report.ok, str(report)


def test_the_function_that_reads_an_operation_stands_for_it():
    report = check_operation(c.sin)
    assert "sine" == report.operation
    assert f"<OperationReport: sine: ok ({report.checked} comparisons)>" == repr(report)


def test_a_users_own_operation_passes_when_it_is_right():
    class cubed(elementwise):
        samples = ((2.0,), (-1.5,), (0.0,))
        spell = {"python": "{0} * {0} * {0}"}

        def forward(x):
            return x * x * x

        def partials(y, x):
            return (3 * x * x,)

    class running(structural):
        samples = ((np.array([1.0, 2.0, 4.0]),),)

        def forward(x):
            return np.cumsum(x)

        def pull(g, y, x):
            return (lambda: backwards(g),)

        def push(tangents, y, x):
            return runs(tangents[0])

        def shape(shape):
            return shape

    class backward_running(structural):
        samples = ((np.array([1.0, 2.0, 4.0]),),)

        def forward(x):
            return np.cumsum(x[::-1])[::-1]

        def pull(g, y, x):
            return (runs(g),)

        def push(tangents, y, x):
            return backwards(tangents[0])

        def shape(shape):
            return shape

    runs, backwards = kinds.reading(running), kinds.reading(backward_running)
    for kind in (cubed, running, backward_running):
        report = check_operation(kind)
        assert report.ok, str(report)
        assert any("no module holds the class" in note for note in report.notes)


# --- broken ones


def findings(kind, **options):
    """List what is wrong with a kind, as `check: message`."""
    report = check_operation(kind, **options)
    assert not report.ok
    with pytest.raises(OperationError, match="WRONG"):
        report.raise_for_failure()
    return [str(finding) for finding in report.findings]


def test_a_wrong_partial_is_named_with_its_operand_and_both_values():
    class product(elementwise):
        samples = ((2.0, 3.0),)
        forward = np.multiply

        def partials(y, a, b):
            return b, a + 2

    assert "partials: partial by operand 2 at (2.0, 3.0) is 4.0, numerically 2.0." in findings(
        product
    )


def test_a_partial_right_to_six_digits_only_is_caught_in_many_digits():
    class halved(elementwise):
        samples = ((2.0,),)
        spell = {"python": "{0} / 3"}

        def forward(x):
            return x / 3

        def partials(y, x):
            return (0.33333333,)

    (found,) = [line for line in findings(halved) if line.startswith("partials")]
    assert "is 0.33333333, numerically 0.333333333" in found


def test_a_missing_derivative_is_named():
    class silent(elementwise):
        samples = ((2.0,),)
        forward = np.sin

    assert ["partials: it declares no derivative. Add `partials` to its class body, one an operand."
            ] == findings(silent)  # fmt: skip

    class still(structural):
        samples = ((np.ones(2),),)
        forward = staticmethod(np.sum)

        def shape(shape):
            return ()

    assert ["pull", "push"] == [line.split(":")[0] for line in findings(still)]


def test_too_few_partials_are_named():
    class product(elementwise):
        samples = ((2.0, 3.0),)
        forward = np.multiply

        def partials(y, a, b):
            return (b,)

    (found,) = findings(product)
    assert "gives 1 local derivatives for 2 operands" in found


def test_a_wrong_pull_is_named_with_both_values():
    class total(structural):
        samples = ((np.array([1.0, 2.0, 3.0]),),)
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (2 * g * np.ones(np.shape(x)) if not isinstance(g, expression) else 2 * g,)

        def push(tangents, y, x):
            return c.sum(tangents[0])

        def shape(shape):
            return ()

    found = findings(total)
    assert any(
        line.startswith("pull: along one direction of operand 1") and "numerically" in line
        for line in found
    )
    assert any(line.startswith("forward and reverse") for line in found)


def test_a_pull_of_the_wrong_shape_is_named_with_both_shapes():
    class total(structural):
        samples = ((np.array([1.0, 2.0, 3.0]),),)
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (g,)

        def push(tangents, y, x):
            return c.sum(tangents[0])

        def shape(shape):
            return ()

    (found,) = [line for line in findings(total) if line.startswith("pull")]
    assert "a cotangent of shape () for operand 1 of shape (3,)" in found


def test_a_wrong_shape_rule_is_named_with_both_shapes():
    class total(structural):
        samples = ((np.array([1.0, 2.0, 3.0]),),)
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (c.broadcast_as(g, x),)

        def push(tangents, y, x):
            return c.sum(tangents[0])

        def shape(shape):
            return shape

    found = findings(total)
    assert {"shape"} == {line.split(":")[0] for line in found}
    assert (
        "operands of shapes [(3,)] with no keywords give shape (), but `shape` says (3,)"
        in found[0]
    )


def test_a_shape_rule_wrong_for_empty_arrays_alone_is_caught():
    class total(structural):
        samples = ((np.array([1.0, 2.0, 3.0]),),)
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (c.broadcast_as(g, x),)

        def push(tangents, y, x):
            return c.sum(tangents[0])

        def shape(shape):
            return () if shape[0] else (0,)

    (found,) = findings(total)
    assert "operands of shapes [(0,)]" in found


def test_a_wrong_push_is_told_from_a_wrong_pull():
    class total(structural):
        samples = ((np.array([1.0, 2.0, 3.0]),),)
        forward = staticmethod(np.sum)

        def pull(g, y, x):
            return (c.broadcast_as(g, x),)

        def push(tangents, y, x):
            return 3 * c.sum(tangents[0])

        def shape(shape):
            return ()

    kinds_of_trouble = {line.split(":")[0] for line in findings(total)}
    assert "forward and reverse" in kinds_of_trouble
    assert "pull" not in kinds_of_trouble


def test_lanes_that_disagree_are_named():
    class wavy(elementwise):
        samples = ((2.0,),)
        forward = np.sin
        spell = {"python": "math.cos({0})"}

        def partials(y, x):
            return (c.cos(x),)

    assert "value: at (2.0) it is -0.416147 on floats, 0.909297 on arrays." in findings(wavy)


def test_a_forward_that_is_not_what_is_meant_is_named():
    class softened(composed):
        samples = ((2.0,), (-1.0,))
        forward = np.tanh

        def meaning(x):
            return c.sin(x)

    assert any("on floats" in line and "on arrays" in line for line in findings(softened))


def test_a_second_derivative_that_does_not_follow_is_named():
    class wavy(elementwise):
        samples = ((2.0,),)
        forward = np.sin
        spell = {"python": "math.sin({0})"}

        def partials(y, x):
            # Right as a number, but as a graph it hides its dependence on x.
            return (c.cos(x) if not isinstance(x, expression) else hidden(x),)

    class flat(elementwise):
        samples = ((2.0,),)
        forward = np.cos
        spell = {"python": "math.cos({0})"}

        def partials(y, x):
            return (0,)

    hidden = kinds.reading(flat)
    found = findings(wavy)
    assert ["second order"] == [line.split(":")[0] for line in found]
    assert "by x1, then by x1, at (2.0) is 0.0, numerically -0.909297" in found[0]


def test_a_rule_that_reads_only_numbers_is_named():
    class wavy(elementwise):
        samples = ((2.0,),)
        forward = np.sin

        def partials(y, x):
            return (math.cos(x),)

    (found,) = findings(wavy)
    assert found.startswith("readings: `partials` cannot be read on expressions")
    assert "chainrule's own functions" in found


def test_a_forward_that_takes_no_arrays_is_named():
    class wavy(elementwise):
        samples = ((2.0,),)
        forward = math.sin

        def partials(y, x):
            return (c.cos(x),)

    (found,) = findings(wavy)
    assert found.startswith("arrays: it does not compute with arrays")


def test_a_slope_beyond_those_at_its_kink_is_named():
    class distance(elementwise):
        samples = ((0.0,),)
        forward = np.absolute

        def partials(y, x):
            return (5 + 0 * x,)

    assert any(
        "is 5 at a kink, where the slopes are -1 and 1" in line for line in findings(distance)
    )


def test_an_operation_that_broadcasts_wrongly_is_caught():
    class product(elementwise):
        samples = ((2.0, 3.0), (-1.0, 0.5))

        def forward(a, b):
            return a * b if np.shape(a) == np.shape(b) else a * np.mean(b)

        def partials(y, a, b):
            return b, a

    assert [
        "broadcasting: operands of shapes [(2,), (2, 1)] give shape (2,), not (2, 2)."
    ] == findings(product)

    class other_product(elementwise):
        samples = ((2.0, 3.0), (-1.0, 0.5))

        def forward(a, b):
            return a * b if np.shape(a) == np.shape(b) else a * np.mean(b) + 0 * b

        def partials(y, a, b):
            return b, a

    found = findings(other_product)
    assert "operands of shapes [(2,), (2, 1)] give other values than number by number" in found[0]


def test_no_samples_are_named():
    class wavy(elementwise):
        forward = np.sin

        def partials(y, x):
            return (c.cos(x),)

    assert ["samples"] == [line.split(":")[0] for line in findings(wavy)]
    assert check_operation(wavy, samples=[(1.0,), (2.0,)]).ok


def test_what_is_no_operation_is_refused():
    for other in (3, expression, expression("x"), math.sin):
        with pytest.raises(OperationError, match="is not an operation"):
            check_operation(other)
    with pytest.raises(OperationError, match="has 3 operands"):
        check_operation(c.multiplication, samples=[(1.0, 2.0, 3.0)])


def test_samples_may_say_their_keywords():
    wide = np.arange(6.0).reshape(2, 3)
    samples = [(wide, {"axis": 1}), (wide, {"axis": 0, "keepdims": True})]
    assert check_operation(c.summation, samples=samples).ok
    assert check_operation(sum_as, samples=[(wide, np.ones(3))]).ok


def test_a_forward_that_takes_no_numbers_is_named():
    class product(elementwise):
        samples = ((2.0, 3.0),)

        def forward(a, b):
            return a * np.broadcast_to(np.ravel(b), np.shape(b))

        def partials(y, a, b):
            return b, a

    (found,) = findings(product)
    assert found.startswith("value: it does not compute with numbers: at (2.0, 3.0)")


def test_samples_and_tolerances_that_are_none_are_refused():
    for samples in ([("a", "b")], 3, "ab", [(None, 1.0)]):
        with pytest.raises(OperationError, match="of multiplication"):
            check_operation(c.multiplication, samples=samples)
    with pytest.raises(SettingError, match="tolerance must lie between 0 and 1"):
        check_operation(c.multiplication, tolerance=-1)
