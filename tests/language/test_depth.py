"""Nothing recurses: a chain of a million operations is an ordinary input."""

import copy
import gc
import math
import os
import pickle
import subprocess
import sys
import threading

import pytest

from chainrule.engine.compiled import compiled_of
from chainrule.engine.node import pool_size
from chainrule.engine.tidy import Tidier
from chainrule.language.elements.extremes import maximum
from chainrule.language.expression import expression

CHAIN = """
import copy, gc, pickle, resource, sys, threading
from chainrule.engine.node import pool_size
from chainrule.language.expression import expression

def work():
    known = pool_size()  # bodies of loops that stand in samples
    x = expression("x")
    chain = x
    for count in range(1_000_000):
        chain = chain * 1.0000001 if count % 2 else chain + x
    assert len(str(chain)) < 2_000, len(str(chain))
    assert len(chain.to_latex()) < 5_000
    value = chain.eval({"x": 1e-300})
    slope = chain.diff({"x": 1e-300}, "x")
    assert abs(value / 1e-300 - slope) < 1e-9 * slope, (value, slope)
    assert pickle.loads(pickle.dumps(chain)) is chain
    assert copy.deepcopy(chain) is chain
    del chain
    gc.collect()
    assert pool_size() < known + 10, pool_size()

sys.setrecursionlimit(200)
threading.stack_size(256 * 1024)
failed = []
def guarded():
    try:
        work()
    except BaseException as error:
        failed.append(error)
thread = threading.Thread(target=guarded)
thread.start()
thread.join()
assert not failed, failed
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_chain_of_a_million_operations_is_an_ordinary_input_on_a_small_stack():
    """In a process of its own, so that its memory can be told, and a thread with 256 KB."""
    done = subprocess.run(
        [sys.executable, "-c", CHAIN],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert "" == done.stderr
    kilobytes = int(done.stdout)
    assert kilobytes < 1_000_000


DERIVATIVE = """
import resource
from chainrule import expression, sin

def kilobytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

x = expression("x")
before = kilobytes()
chain = x
for count in range(100_000):
    chain = sin(chain) if count % 3 == 0 else chain + x if count % 3 == 1 else chain * 0.9
slope = chain.diff({"x": 0.5}, "x")
derived = chain.derivative("x")
print((kilobytes() - before) * 1024 / 100_000)
found = derived.eval({"x": 0.5})
assert abs(found - slope) <= 1e-12 * abs(slope), (found, slope)
assert len(str(derived)) < 2_000, len(str(derived))
"""


@pytest.mark.slow
def test_the_derivative_of_a_long_chain_is_an_expression_of_less_than_a_kilobyte_a_step():
    """The chain, its program and its derivative: for a million operations less than a gigabyte."""
    done = subprocess.run(
        [sys.executable, "-c", DERIVATIVE],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert "" == done.stderr
    assert float(done.stdout) < 1_000


def test_a_square_taken_a_thousand_times_is_a_thousand_steps():
    x = expression("x")
    tower = x
    for _ in range(1_000):
        tower = tower * tower
    assert 1.0 == tower.eval({"x": 1.0})
    assert 2.0**1000 == tower.diff({"x": 1.0}, "x")
    assert len(str(tower)) < 2_000
    assert len(str(tower.derivative("x"))) < 2_000
    assert pickle.loads(pickle.dumps(tower)) is tower
    assert copy.copy(tower) is tower


@pytest.mark.parametrize(
    "step", [lambda made, part, x: made / part, lambda made, part, x: made / part * x]
)
def test_a_long_line_of_quotients_is_tidied_without_recursion(step):
    x = expression("x")
    quotient = x
    for number in range(1_100):
        quotient = step(quotient, expression(f"x{number}"), x)
    ones = dict.fromkeys(quotient.variables, 1.0)
    for formula in (quotient, 2 * quotient, 2 * quotient * x / 6):
        slope = formula.diff(ones, "x")
        assert abs(formula.derivative("x").eval(ones) - slope) <= 1e-12 * slope
        assert formula.eval(ones) == formula.tidy().eval(ones)


def test_a_number_in_a_long_line_of_quotients_leaves_its_parts_shared():
    x = expression("x")
    quotient = x
    for _ in range(200):
        quotient = 3 * quotient / x
    assert len(compiled_of(quotient.derivative("x")).program) < 10 * 200


def test_the_derivative_of_a_long_chain_of_choices_is_tidied_once(monkeypatch):
    visits = []
    once = Tidier.once
    monkeypatch.setattr(Tidier, "once", lambda *told: visits.append(1) or once(*told))
    x = expression("x")
    largest = x
    for number in range(300):
        largest = maximum(largest, expression(f"x{number}"))
    assert 0.0 == largest.derivative("x").eval(dict.fromkeys(largest.variables, 1.0) | {"x": 0.0})
    assert len(visits) < 20 * 300


def test_a_node_shared_by_a_hundred_thousand_others_gets_all_their_contributions():
    x = expression("x")
    total = x
    for number in range(100_000):
        total = total + x * float(number)
    assert 1.0 + math.fsum(range(100_000)) == total.diff({"x": 2.0}, "x")


def test_what_is_dropped_is_freed_at_once():
    gc.collect()
    before = pool_size()
    deep = expression("freed")
    for number in range(10_000):
        deep = deep + float(number)
    assert before + 10_000 < pool_size()
    del deep
    assert before == pool_size()


def test_eight_threads_evaluate_and_differentiate_the_same_expressions():
    x, y = expression("x"), expression("y")
    built = [(x * y + number) / (1 + x * x) for number in range(20)]
    values = {"x": 0.3, "y": -1.7}
    expected = [(e.eval(values), e.diff(values)) for e in built]
    found = []

    def work():
        mine = []
        for _ in range(50):
            again = [(x * y + number) / (1 + x * x) for number in range(20)]
            assert again == built
            mine = [(e.eval(values), e.diff(values)) for e in again]
        found.append(mine)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [expected] * 8 == found
