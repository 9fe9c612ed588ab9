import math
import re

import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product, toy, wave
from tests.node import answers, needs_node

from chainrule.engine.program import Program, flatten
from chainrule.engine.protocol import Role
from chainrule.engine.targets.javascript import javascript, literal
from chainrule.errors import (
    ChainRuleError,
    OperationError,
    ShapeError,
    UnknownVariable,
    ValueTypeError,
)

x, y = letter("x"), letter("y")


class twice(toy):
    __slots__ = ()
    spell = {"javascript": "twofold({0})"}
    helpers = {
        "javascript": lambda: (
            "// Said twice.\nconst TWO = 2;\nfunction twofold(a) {\n  return TWO * a;\n}\n"
            "function unused(a) {\n  return a.twofold;\n}"
        )
    }

    def __new__(cls, item):
        return cls.again((item,), ())


class elsewhere(twice):
    __slots__ = ()
    helpers = {"javascript": lambda: "function twofold(a) {\n  return a;\n}"}


class silent(toy):
    __slots__ = ()


class label(toy):
    __slots__ = ()
    role = Role.LABEL
    shape = staticmethod(lambda shape, name: shape)


def test_a_program_becomes_a_statement_a_step():
    square = product(x, x)
    assert javascript(flatten([plus(square, -2), square])).splitlines() == [
        "function (inputs) {",
        '  "use strict";',
        '  const s0 = inputs[0]; // "x"',
        "  const s1 = s0 * s0;",
        "  const s3 = s1 + (-2);",
        "  return [s3, s1];",
        "}",
    ]


def test_a_name_of_a_step_is_no_step():
    named = Program([letter, label, wave], [(), (0,), (1,)], [("x",), ("d",), ()], (1, 2))
    assert "Math.sin(s0)" in javascript(named)


def test_inputs_come_in_the_order_asked_for():
    program = flatten([plus(x, y)])
    assert 'inputs[0]; // "x"' in javascript(program)
    assert 'inputs[1]; // "x"' in javascript(program, names=["y", "x", "z"])
    with pytest.raises(UnknownVariable, match=r"'y', which `names` lacks\. Given: 'x'"):
        javascript(program, names=["x"])


def test_functions_are_emitted_when_they_are_called():
    assert "twofold" not in javascript(flatten([wave(x)]))
    written = javascript(flatten([plus(twice(x), twice(twice(x)))]))
    assert ["const TWO", "function twofold"] == re.findall(
        r"^  (\w+ [A-Za-z]\w{2,})", written, re.MULTILINE
    )
    assert "Said twice" not in written


def test_two_functions_of_one_name_are_refused():
    with pytest.raises(OperationError, match="elsewhere brings a JavaScript function 'twofold'"):
        javascript(flatten([plus(twice(x), elsewhere(x))]))


def test_an_operation_without_javascript_is_named():
    with pytest.raises(OperationError, match=r"silent has no JavaScript.*spell = ") as caught:
        javascript(flatten([plus(silent.again((x,), ()), y)]))
    assert isinstance(caught.value, ChainRuleError)


def test_more_than_one_axis_is_refused():
    with pytest.raises(ShapeError, match=r"x has shape \(2, 2\).*numbers and columns only"):
        javascript(flatten([wave(x)]), shapes={"x": (2, 2)})
    with pytest.raises(ShapeError, match=r"do not fit.*'x' \(2,\), 'y' \(3,\)"):
        javascript(flatten([plus(x, y)]), shapes={"x": (2,), "y": (3,)})


@pytest.mark.parametrize("value", [1j, np.array([1j]), object(), {1: 2}])
def test_what_javascript_does_not_have_is_refused(value):
    with pytest.raises(ValueTypeError):
        literal(value)


UNSAFE_NAMES = ['"; alert(1)//', "</script><!--", "__proto__", "a\nb", "\u2028", "\\", "😀", "é&"]
NUMBERS = [
    *(0.0, -0.0, 1.0, -1.5, 0.1, 1e300, 5e-324, 1e16, 2.0**53, -(2.0**60), 1 / 3),
    *(math.inf, -math.inf, math.nan),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    sums = plus(wave(x), product(2, y))
    column = number(np.array([1.0, -0.0, np.nan]))
    total = x
    for name in UNSAFE_NAMES:
        total = plus(product(total, 3), letter(name))
    cases = {
        "numbers": (javascript(flatten([number(v) for v in NUMBERS])), [[]]),
        "large": (javascript(flatten([number(2**80 + 1), number(10**400)])), [[]]),
        "scalars": (javascript(flatten([sums])), [[0.5, 2.0], [math.inf, 1.0]]),
        "columns": (
            javascript(flatten([sums]), shapes={"x": (3,), "y": (1,)}),
            [[[0.5, 1.0, 2.0], [10.0]]],
        ),
        "truths": (javascript(flatten([number(True), number(np.array([False]))])), [[]]),
        "constants": (javascript(flatten([plus(column, x), column])), [[1.0]]),
        "names": (javascript(flatten([total])), [list(range(len(UNSAFE_NAMES) + 1))]),
        "keys": (f"() => Object.keys({literal(dict.fromkeys(UNSAFE_NAMES, 1))}).length", [[]]),
        "helpers": (javascript(flatten([twice(twice(x))])), [[3.0]]),
    }
    given = answers(cases.values(), tmp_path_factory.mktemp("node"))
    return dict(zip(cases, given, strict=True))


@needs_node
class TestWhatNodeComputes:
    def test_numbers_read_back_to_the_same_bits(self, found):
        assert list(map(repr, NUMBERS)) == list(map(repr, found["numbers"][0]))

    def test_whole_numbers_of_any_size_are_the_nearest_doubles(self, found):
        assert [float(2**80 + 1), math.inf] == found["large"][0]

    def test_truth_values_are_numbers(self, found):
        assert "[1.0, [0.0]]" == str(found["truths"][0])

    def test_numbers_follow_ieee(self, found):
        assert [math.sin(0.5) + 4] == pytest.approx(found["scalars"][0], rel=1e-15)
        assert math.isnan(found["scalars"][1][0])

    def test_columns_are_computed_element_by_element(self, found):
        expected = np.sin([0.5, 1.0, 2.0]) + 20
        assert expected == pytest.approx(found["columns"][0][0], rel=1e-15)

    def test_constants_may_be_columns(self, found):
        assert "[[2.0, 1.0, nan], [1.0, -0.0, nan]]" == str(found["constants"][0])

    def test_names_stay_in_their_quotes(self, found):
        expected = 0
        for place in range(1, len(UNSAFE_NAMES) + 1):
            expected = 3 * expected + place
        assert [expected] == found["names"][0]
        assert len(UNSAFE_NAMES) == found["keys"][0]

    def test_functions_come_along(self, found):
        assert [12.0] == found["helpers"][0]


def test_nothing_ends_a_script_on_a_page():
    written = javascript(flatten([letter(name) for name in UNSAFE_NAMES]))
    assert not re.search("[^\x20-\x7e\n]|[<>&]", written)
