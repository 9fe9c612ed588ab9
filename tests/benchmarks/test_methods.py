"""What the benchmark of methods counts is arriving at the known minimum, and nothing else."""

import pytest
from benchmarks.methods import (
    MOST_EPOCHS,
    NEAR,
    Attempt,
    attempt,
    attempt_of_scipy,
    smooth,
    successes,
    summary_row,
)

from chainrule import landscapes, minimize


def test_every_smooth_landscape_has_a_minimum_to_compare_with():
    assert len(smooth()) > 30
    for landscape in smooth():
        assert landscape.value(landscape.minima[0]) == pytest.approx(landscape.minimum, abs=NEAR)


def test_a_start_counts_from_the_epoch_that_comes_near():
    bowl = landscapes.sphere()
    found = attempt(bowl, "adam", 0)
    assert 1 < found.epochs < MOST_EPOCHS
    assert 1 <= attempt(bowl, "newton", 0).epochs < found.epochs


def test_a_start_in_another_valley_does_not_count():
    humps = landscapes.rastrigin()
    seed = next(seed for seed in range(9) if max(map(abs, humps.start(seed).values())) > 3)
    assert attempt(humps, "bfgs", seed).epochs is None
    trace = minimize(humps.expression, humps.start(seed), method="bfgs", bounds=humps.box)
    assert trace.final.loss > humps.minimum + NEAR


def test_scipy_is_asked_for_the_same():
    pytest.importorskip("scipy")
    assert attempt_of_scipy(landscapes.rosenbrock(), "", 0).epochs > 3
    humps = landscapes.rastrigin()
    seed = next(seed for seed in range(9) if max(map(abs, humps.start(seed).values())) > 3)
    assert attempt_of_scipy(humps, "", seed).epochs is None


def test_a_method_is_told_by_its_successes():
    one, none = Attempt(10, 0.5), Attempt(None, 1.5)
    results = {"easy": [one, Attempt(30, 0.5)], "mixed": [none, one], "hard": [none, none]}
    assert [2, 1, 0] == [successes(attempts) for attempts in results.values()]
    expected = ["name", "3 of 6", "50%", "2", "1", "10.0", "1.00 s"]
    assert expected == summary_row("name", results)
