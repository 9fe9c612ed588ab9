"""The fast function of a formula: by position, by name, over one array."""

import contextlib
import copy
import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.random_formulas import random_formula

import chainrule as cr
from chainrule.engine.compiled import MOST_KERNELS, compiled_of
from chainrule.engine.targets.statements import gives_float
from chainrule.errors import NameClash, ShapeError, UnknownVariable, ValueTypeError
from chainrule.language import function as functions
from chainrule.language.kinds import operations

x, y, z = cr.expression("x"), cr.expression("y"), cr.expression("z")
WAVE = cr.sin((x + y) * z)
EDGES = [0.0, -0.0, 1.0, -1.0, 1e200, -1e-200, math.inf, -math.inf, math.nan, 710.0]


def bits(number):
    """Write a number exactly; a NaN as any, a truth value as a number, a zero without its sign."""
    return "nan" if math.isnan(number) else (float(number) + 0.0).hex()


def test_a_value_is_a_float_where_nobody_looks():
    """Generated code hands out what arithmetic of floats gives; whatever else, it looks at."""
    sure = [kind for kind in operations().values() if kind.is_elementwise and gives_float(kind)]
    assert len(sure) > 30
    for kind in sure:
        for operands in itertools.product(EDGES, repeat=kind.arity[0]):
            settings = kind.keywords.values()
            with contextlib.suppress(ArithmeticError, ValueError):
                assert type(kind.on_float(*operands, *settings)) is float, kind
    for spelling in ("{0}**{1}", "math.floor({0})", "round({0})", "1", "math.gcd({0}, {1})"):
        own = type("own", (), {"spell": {"python": spelling}})
        assert not gives_float(own), spelling


@pytest.mark.parametrize("seed", range(100))
def test_has_the_bits_of_the_interpreter(seed):
    formula, values = random_formula(seed)
    names = list(reversed(formula.variables))
    value, partials = formula.value_and_diff(values)
    found = formula.function(*names, partials=True)(*[values[name] for name in names])
    assert bits(value) == bits(found[0])
    assert [bits(partials[name]) for name in names] == list(map(bits, found[1]))
    assert bits(value) == bits(formula.function(*names)(*[values[name] for name in names]))
    inputs = np.array([values[name] for name in names])
    whole = formula.function(names, as_array=True)(inputs)
    assert bits(value) == bits(whole[0])
    assert [bits(partials[name]) for name in names] == list(map(bits, whole[1]))
    assert bits(value) == bits(formula.function(names, as_array=True, partials=False)(inputs))


FORMULAS = [
    cr.log(x) * cr.exp(y) / x,
    (x + y) ** 0.5 / (x - y),
    cr.maximum(x, y) * cr.where(x > y, x * y, x / y),
    cr.tanh(x * y) - cr.cosh(y) ** x,
    cr.softplus(x) + cr.relu(y) + abs(x),
    x > y,
]


@given(some.sampled_from(FORMULAS), some.sampled_from(EDGES), some.sampled_from(EDGES))
def test_where_floats_raise_the_answer_is_that_of_ieee(formula, left, right):
    values = {"x": left, "y": right}
    cold = functions.Function(formula, ("x", "y"), partials=True, as_array=False)
    value, partials = cold.by_position((left, right))
    found = formula.function("x", "y", partials=True)(left, right)
    assert bits(value) == bits(found[0]) == bits(formula.eval(values))
    assert list(map(bits, partials)) == list(map(bits, found[1]))
    whole = formula.function(["x", "y"], as_array=True)(np.array([left, right]))
    assert list(map(bits, partials)) == list(map(bits, whole[1]))


def test_takes_numbers_of_any_kind_and_arrays():
    wave = WAVE.function("x", "y", "z", partials=True)
    plain = wave(1.0, 2.0, 3.0)
    assert plain == wave(1, np.float64(2.0), np.int64(3))
    value, partials = wave(np.array([1.0, 0.5]), 2.0, 3.0)
    assert plain[0] == value[0]
    assert plain[1] == tuple(partial[0] for partial in partials)
    assert 5.0 == (x + y).function("x", "y")(2**1, 3)
    assert cr.sum(x * y).function("x", "y", partials=True)([1.0, 2.0], 3.0)[1][1] == 3.0


def test_takes_arguments_by_name():
    wave = WAVE.function("z", "y", "x")
    assert WAVE.eval({"x": 1.0, "y": 2.0, "z": 3.0}) == wave(3.0, x=1.0, y=2.0) == wave(3, 2, 1)
    odd = cr.expression("a b") * x
    assert 6.0 == odd.function("x", "a b")(2.0, **{"a b": 3.0})
    with pytest.raises(ValueTypeError, match=r"no argument 'a c'.*Did you mean 'a b'"):
        odd.function("x", "a b")(2.0, **{"a c": 3.0})
    with pytest.raises(ValueTypeError, match="'x' twice"):
        odd.function("x", "a b")(2.0, x=3.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'w'"):
        WAVE.function()(1.0, 2.0, 3.0, w=1.0)


@pytest.mark.parametrize(
    "name",
    ["t2", "sin", "exp", "self", "float", "scalar", "values", "more", "lambda", "\ufb01", "f0"],
)
def test_a_variable_may_have_any_name(name):
    other = cr.expression(name)
    formula = cr.sin(other) * cr.exp(other) + cr.expression("fi") ** 2
    found = formula.function(name, "fi", partials=True)(1.25, 0.5)
    value, partials = formula.value_and_diff({name: 1.25, "fi": 0.5})
    assert (value, (partials[name], partials["fi"])) == found


def test_without_names_the_order_is_that_of_the_variables():
    assert WAVE.function()(1.0, 2.0, 3.0) == WAVE.function("x", "y", "z")(1.0, 2.0, 3.0)
    assert WAVE.function([x, y, z])(1.0, 2.0, 3.0) == WAVE.function(x, y, z)(1.0, 2.0, 3.0)
    assert 2.0 == cr.constant(2).function()()
    assert (2.0, ()) == cr.constant(2).function(partials=True)()


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (("x", "y"), UnknownVariable, "also contains 'z'. Name every variable"),
        (("x", "y", "z", "w"), UnknownVariable, "'w'.*Its variables: 'x', 'y', 'z'"),
        (("x", "y", "zz", "z"), UnknownVariable, "Did you mean 'z'"),
        (("x", "x", "y", "z"), NameClash, "'x' twice"),
    ],
)
def test_names_that_do_not_fit_are_refused(names, error, words):
    with pytest.raises(error, match=words):
        WAVE.function(*names)


@pytest.mark.parametrize("formula", [WAVE, cr.sum(x * y + z)], ids=["generated", "interpreted"])
def test_calls_that_do_not_fit_are_refused(formula):
    made = formula.function("x", "y", "z")
    with pytest.raises(
        ValueTypeError, match=r"takes 3 arguments, but 1 was given\. 'y', 'z' are mis"
    ):
        made(1.0)
    with pytest.raises(ValueTypeError, match="takes 3 arguments, but 4 were given"):
        made(1.0, 2.0, 3.0, 4.0)
    with pytest.raises(ValueTypeError, match="'x' is missing"):
        made(y=1.0, z=1.0)
    with pytest.raises(ValueTypeError, match="value of 'y' is 'two'"):
        made(1.0, "two", 3.0)
    whole = formula.function(["x", "y", "z"], as_array=True)
    with pytest.raises(ShapeError, match=r"one array of shape \(3,\).*has shape \(2,\)"):
        whole(np.ones(2))


def test_one_array_in_suits_scipy():
    from scipy.optimize import minimize

    rosenbrock = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    found = minimize(rosenbrock.function(["x", "y"], as_array=True), [-1.0, 2.0], jac=True)
    assert [1.0, 1.0] == pytest.approx(found.x, abs=1e-4)
    plain = rosenbrock.function(["x", "y"], as_array=True, partials=False)
    assert 0.0 == plain(np.ones(2)) == plain([1, 1])


def test_one_array_holds_arrays_that_declare_their_sizes():
    A, b = cr.expression("A", shape=(2, 3)), cr.expression("b", shape=(3,))
    formula = cr.sum((A @ b) ** 2)
    numbers = np.linspace(-1.0, 1.0, 9)
    value, found = formula.function(["b", "A"], as_array=True)(numbers)
    values = {"b": numbers[:3], "A": numbers[3:].reshape(2, 3)}
    assert value == formula.eval(values)
    wanted = cr.gradient(formula, values, ["b", "A"], as_array=True)
    assert np.array_equal(wanted, found)
    open_ended = cr.expression("v", shape=("n",))
    with pytest.raises(ShapeError, match="'v' has shape"):
        cr.sum(open_ended).function("v", as_array=True)


@pytest.mark.parametrize("as_array", [False, True])
@pytest.mark.parametrize("formula", [WAVE, cr.sum(x * y + z)], ids=["generated", "interpreted"])
def test_is_pickled_and_copied(formula, as_array):
    made = formula.function("z", "y", "x", partials=True, as_array=as_array)
    given = ([1.0, 2.0, 3.0],) if as_array else (1.0, 2.0, 3.0)
    for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), copy.copy(made)):
        assert str(made(*given)) == str(other(*given))
        assert (made.target, made.source) == (other.target, other.source)


def test_tells_what_serves_it():
    made = WAVE.function("x", "y", "z", partials=True)
    assert "python" == made.target
    assert "sin(" in made.source
    assert "interpreter" == cr.sum(x).function("x").target
    assert "summation" in cr.sum(x).function("x").source


def test_a_long_formula_is_generated_in_pieces():
    names = [f"v{number}" for number in range(400)]
    variables = [cr.expression(name) for name in names]
    formula = 0
    for left, right in itertools.pairwise(variables):
        formula = formula + cr.sin(left) * right + left**2
    numbers = np.linspace(-1.0, 1.0, len(names)).tolist()
    made = formula.function(*names, partials=True)
    whole = formula.function(names, as_array=True)
    value, partials = formula.value_and_diff(dict(zip(names, numbers, strict=True)))
    for _ in range(20):
        assert (value, tuple(partials.values())) == made(*numbers)
        found = whole(np.array(numbers))
        assert value == found[0]
        assert list(partials.values()) == found[1].tolist()
    assert "python" == made.target == whole.target
    assert "piece0" in made.source
    assert math.isinf(made(*[1e300, *numbers[1:]])[0])


def test_functions_of_one_formula_share_their_code():
    formula = cr.cos(x * y)
    assert formula.function("x", "y").source is formula.function("x", "y").source
    for number in range(MOST_KERNELS):
        formula.function(*("xy" if number % 2 else "yx"), partials=number % 3 == 0)
    assert 4 == len(compiled_of(formula).entries)


class TestPartialsAskedFor:
    def test_come_in_the_order_asked(self):
        formula = x * y + z
        values = {"x": 2.0, "y": 3.0, "z": 5.0}
        for _ in range(40):
            assert (11.0, {"z": 1.0, "x": 3.0}) == formula.value_and_diff(values, wrt=["z", "x"])
            found = cr.gradient(formula, values, ["z", "x"], as_array=True)
            assert [1.0, 3.0] == found.tolist()
        assert ["z", "x"] == list(formula.value_and_diff(values, wrt=[z, x])[1])

    def test_may_be_by_a_named_step(self):
        step = cr.named("step", x * y)
        formula = cr.sin(step) * z
        values = {"x": 2.0, "y": 3.0, "z": 5.0}
        for _ in range(40):
            found = formula.value_and_diff(values, wrt=["step"])[1]
            assert {"step": 5.0 * math.cos(6.0)} == found
            formula.value_and_diff(values)

    def test_of_arrays_are_raveled_in_c_order(self):
        w = cr.expression("w")
        values = {"w": np.arange(6.0).reshape(2, 3), "x": np.ones(3), "y": 2.0}
        formula = cr.sum((w @ x) ** 2) * y
        found = cr.gradient(formula, values, ["y", "w"], as_array=True)
        one_by_one = cr.gradient(formula, values)
        assert [one_by_one["y"], *one_by_one["w"].ravel().tolist()] == found.tolist()
        assert ["y"] == list(formula.value_and_diff(values, wrt=["y"])[1])

    def test_by_what_there_is_not_are_refused(self):
        for _ in range(2):
            with pytest.raises(UnknownVariable, match="does not contain 'w'"):
                WAVE.value_and_diff({"x": 1.0, "y": 2.0, "z": 3.0}, wrt=["w"])
            for _ in range(40):
                WAVE.value_and_diff({"x": 1.0, "y": 2.0, "z": 3.0})
        with pytest.raises(ValueTypeError, match="as_array"):
            cr.gradient(WAVE, as_array=True)
