import gc
import pickle
import threading

import numpy as np
import pytest
from tests.engine.toy import letter, number, plus, product

from chainrule.engine.node import identity_of, pool_size


def test_the_same_graph_built_twice_is_one_node():
    x, y = letter("x"), letter("y")
    assert plus(x, y) is plus(letter("x"), letter("y"))
    assert plus(x, y) is not plus(y, x)
    assert plus(x, y) is not product(x, y)


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, 1.0), (1, True), (0.0, -0.0), (1.0, np.float64(1.0)), (1.0, np.float32(1.0)), (1, 1j)],
)
def test_constants_of_other_type_or_bits_stay_apart(left, right):
    assert number(left) is not number(right)
    assert identity_of(left) != identity_of(right)


def test_a_nan_is_interned_by_its_bits():
    assert number(float("nan")) is number(float("nan"))


def test_arrays_are_interned_by_content_and_type():
    assert identity_of(np.arange(3)) == identity_of(np.arange(3))
    assert identity_of(np.arange(3)) != identity_of(np.arange(3.0))
    assert identity_of(np.arange(4)) != identity_of(np.arange(4).reshape(2, 2))
    assert identity_of(np.arange(6)[::2]) == identity_of(np.array([0, 2, 4]))


def test_a_node_cannot_be_changed():
    x = letter("x")
    with pytest.raises(AttributeError, match="immutable"):
        x.arguments = ()
    with pytest.raises(AttributeError, match="immutable"):
        del x.attributes


def test_a_node_that_nobody_uses_leaves_the_pool():
    gc.collect()
    before = pool_size()
    held = plus(letter("only here"), 3)
    assert before + 3 == pool_size()
    del held
    gc.collect()
    assert before == pool_size()


def test_threads_that_build_the_same_graph_get_the_same_nodes():
    built = [None] * 8
    start = threading.Barrier(8)

    def build(place):
        start.wait()
        root = letter("t")
        for count in range(2_000):
            root = plus(root, number(count))
        built[place] = root

    threads = [threading.Thread(target=build, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {built[0]} == set(built)


def test_threads_that_build_and_drop_leave_nothing_behind():
    gc.collect()
    before = pool_size()

    def churn():
        for count in range(3_000):
            plus(letter("churn"), number(count % 7))

    threads = [threading.Thread(target=churn) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert before == pool_size()


def test_identity_keys_survive_pickling():
    key = identity_of((1, -0.0, "x", (2.5, None)))
    assert key == pickle.loads(pickle.dumps(key))
