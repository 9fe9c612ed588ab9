"""The cache of kernels of one formula."""

import gc
import threading
import weakref

import pytest
from tests.engine.toy import letter, plus, product, toy, wave

from chainrule.engine import compiled
from chainrule.engine.compiled import MOST_KERNELS, compiled_of
from chainrule.engine.notation import function
from chainrule.engine.targets.interpreter import INTERPRETER
from chainrule.engine.targets.source import MOST_STEPS, PYTHON
from chainrule.engine.targets.target import FLOAT, Signature
from chainrule.errors import KernelWarning

FLOATS = Signature((FLOAT,))


def building(made, pieces=1):
    """Make something in so many pieces, each as large as one call deals with."""
    for _ in range(pieces - 1):
        yield compiled.STEPS_A_CALL
    return made


def test_a_kernel_comes_once_it_has_paid_off():
    known = compiled_of(wave(letter("kernel")))
    for _ in range(PYTHON.pays_after - 1):
        assert known.kernel("one", FLOATS, lambda: building("made")) is None
    assert "made" == known.kernel("one", FLOATS, lambda: building("made"))
    assert "made" == known.kernel("one", FLOATS, lambda: building("never"))


def test_a_target_has_a_rule_of_its_own():
    known = compiled_of(wave(letter("rule")))
    made = known.kernel("one", FLOATS, lambda: building("made"), target=INTERPRETER)
    assert "made" == made
    assert "made" == known.kernel("two", FLOATS, lambda: building("made"), asked=True)


def test_what_takes_long_is_made_over_several_calls():
    known = compiled_of(wave(letter("long")))
    found = [
        known.kernel("one", FLOATS, lambda: building("made", pieces=4), asked=True)
        for _ in range(5)
    ]
    assert [None, None, None, "made", "made"] == found


def test_of_many_kernels_the_one_used_longest_ago_goes():
    known = compiled_of(wave(letter("many")))
    known.count_value(float)
    for number in range(MOST_KERNELS - 1):
        known.kernel(number, FLOATS, lambda: building("made"), asked=True)
    assert "made" == known.kernel(0, FLOATS, lambda: building("again"), asked=True)
    known.kernel("new", FLOATS, lambda: building("made"), asked=True)
    assert MOST_KERNELS == len(known.entries)
    assert "made" == known.kernel(0, FLOATS, lambda: building("again"), asked=True)
    assert "again" == known.kernel(1, FLOATS, lambda: building("again"), asked=True)
    assert compiled.VALUE in {outputs for outputs, _ in known.entries}


def test_kernels_of_other_signatures_are_others():
    known = compiled_of(plus(letter("x"), letter("signed")))
    floats, single = Signature((FLOAT, FLOAT)), Signature((FLOAT, FLOAT._replace(dtype="<f4")))
    known.kernel("one", floats, lambda: building("floats"), asked=True)
    assert "single" == known.kernel("one", single, lambda: building("single"), asked=True)
    assert "floats" == known.kernel("one", floats, lambda: building("never"), asked=True)


def test_kernels_go_when_the_formula_goes():
    formula = product(wave(letter("gone")), letter("gone"))
    known = compiled_of(formula)
    for _ in range(PYTHON.pays_after):
        known.count_value(float)
        known.count_gradient(float)
    functions = [
        weakref.ref(made) for made in (known.value, known.gradients, known.values_and_gradients)
    ]
    assert all(made() is not None for made in functions)
    del formula, known
    gc.collect()
    assert [None] * 3 == [made() for made in functions]


def test_two_threads_warm_a_formula_together():
    formula = letter("warm")
    for _ in range(2_000):
        formula = plus(wave(formula), letter("warm"))
    known = compiled_of(formula)
    start, failures = threading.Barrier(4), []

    def warm():
        start.wait()
        try:
            for _ in range(3 * PYTHON.pays_after):
                known.count_value(float)
                known.count_gradient(float)
                if known.values_and_gradients is not None:
                    value, partials = known.values_and_gradients({"warm": 0.5})
                    assert known.value is None or known.value({"warm": 0.5}) == value
                    assert ["warm"] == list(partials)
        except (
            ArithmeticError,
            AssertionError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            failures.append(error)

    threads = [threading.Thread(target=warm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failures
    assert known.value is not None
    assert known.values_and_gradients is not None


class misspelt(toy):
    __slots__ = ()
    on_float = staticmethod(abs)
    notation = function("misspelt")
    spell = {"python": "abs({0}"}

    def __new__(cls, x):
        return cls.again((x,), ())


def test_a_kernel_that_cannot_be_built_says_so_once():
    known = compiled_of(misspelt(letter("x")))
    for _ in range(PYTHON.pays_after - 1):
        known.count_value(float)
    with pytest.warns(KernelWarning, match="no python code could be made for .*SyntaxError"):
        known.count_value(float)
    for _ in range(PYTHON.pays_after):
        known.count_value(float)
    assert known.value is None


def test_a_graph_that_is_too_long_is_left_to_the_interpreter():
    formula = letter("x")
    for _ in range(MOST_STEPS):
        formula = wave(formula)
    known = compiled_of(formula)
    for _ in range(PYTHON.pays_after):
        known.count_value(float)
    assert known.value is None
    assert {} == known.entries
