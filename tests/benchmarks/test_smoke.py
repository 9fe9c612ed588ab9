"""The benchmarks run, compute the right numbers and tell them well; no time is ever tested."""

import math
import subprocess
import sys

import numpy as np
import pytest
from benchmarks import depth, import_time, interpreter, linear_regression, recursive, small_calls
from benchmarks.__main__ import PAGE, TASKS, grid, put
from benchmarks.harness import (
    ROOT,
    Effort,
    Spread,
    Table,
    agree,
    close,
    figures,
    in_own_process,
    machine,
    ratios,
    side_by_side,
    told_seconds,
)

ALONE = Effort(quick=True, alone=True)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_runs_without_any_peer(task):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", task, "--quick", "--alone"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
    assert "| chainrule" in done.stdout
    assert "Measured on: " in done.stdout


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_place_in_the_documents(task):
    page = PAGE.read_text(encoding="utf-8")
    written = put(page, task, "the tables")
    assert f"<!-- begin {task} -->\n\nthe tables\n\n<!-- end {task} -->" in written
    assert written == put(written, task, "the tables")


def test_a_page_without_a_place_is_refused():
    with pytest.raises(SystemExit, match="has no place for depth"):
        put("# Nothing", "depth", "the tables")


def test_an_unknown_task_is_refused_with_the_known_ones():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "dept"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 2 == done.returncode
    assert "no task dept: there are small_calls" in done.stderr


@pytest.mark.parametrize("name", list(small_calls.FORMULAS))
def test_contestants_of_small_calls_compute_the_partials(name):
    formula = small_calls.FORMULAS[name]
    values = formula.values
    step = 1e-6
    for title, maker in small_calls.contestants(formula, ALONE).items():
        call = maker(formula)
        value, partials = call(values)
        assert pytest.approx(formula.written(math, **values), rel=1e-14) == value, title
        for variable, at in values.items():
            above, below = (
                call(values | {variable: at + step}),
                call(values | {variable: at - step}),
            )
            slope = (above[0] - below[0]) / (2 * step)
            assert pytest.approx(slope, rel=1e-8) == partials[variable], (title, variable)


def test_the_recursive_classes_know_every_operation():
    x, y = recursive.Expression("x"), recursive.Expression("y")
    values = {"x": 0.5, "y": 2.0}
    made = 3 - x * y + (-x) * 2 - recursive.log(y)
    assert 3 - 1.0 - 1.0 - math.log(2.0) == made.eval(values)
    assert -2.0 - 2.0 == made.diff(values, "x")
    assert -0.5 - 0.5 == made.diff(values, "y")


def test_the_ring_of_many_variables_is_the_sum_it_says():
    values = {"a": 0.1, "b": 0.2, "c": 0.3}
    expected = math.tanh(0.1) * 0.2 + math.tanh(0.2) * 0.3 + math.tanh(0.3) * 0.1
    assert pytest.approx(expected, rel=1e-15) == interpreter.many(math, **values)


@pytest.mark.parametrize("contestant", ["chainrule", "recursive"])
def test_a_chain_has_the_value_and_slope_of_the_loop(contestant):
    found = depth.chain(contestant, 100)
    assert depth.chained(depth.START, 100) == found["value"]
    assert pytest.approx(found["value"] / depth.START, rel=1e-13) == found["slope"]


def test_a_chain_too_long_for_a_contestant_is_told_with_its_error():
    length, found, lost = depth.survived("recursive", (100_000, 100))
    assert 100 == length
    assert "value" in found
    ((lost_length, why),) = lost
    assert 100_000 == lost_length
    assert "RecursionError" in why


def test_loops_of_linear_regression_come_to_the_same_parameters():
    given = linear_regression.problem(12, 2, epochs=30)
    made = linear_regression.contestants(given, ALONE)
    reference = made["chainrule"][0]()
    assert 3 == len(reference)
    for name, (call, tolerance) in made.items():
        close(name, "slopes and intercept", call(), reference, tolerance)


def test_a_first_import_loads_the_module_asked_for():
    seconds, modules = import_time.once("import chainrule")
    assert 0 < seconds
    assert "chainrule" in modules


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ((1.1, {"x": 2.0}), "the value: peer differs by 0.1"),
        ((1.0, {"x": 2.5}), "d/dx: peer differs by 0.5"),
        ((1.0, {"x": np.array([2.0])}), r"d/dx: peer has shape \(1,\)"),
        ((1.0, {"y": 2.0}), r"peer has partials \['y'\]"),
        ((1.0, {"x": float("nan")}), "d/dx: peer differs by nan"),
    ],
)
def test_a_peer_with_other_numbers_is_refused(wrong, told):
    with pytest.raises(AssertionError, match=told):
        agree({"chainrule": (1.0, {"x": 2.0}), "peer": wrong})


def test_contestants_take_turns_round_by_round():
    taken = []
    found = side_by_side({name: (lambda name=name: taken.append(name)) for name in "ab"}, ALONE)
    assert {"a": ALONE.rounds, "b": ALONE.rounds} == {name: len(s) for name, s in found.items()}
    turns = [name for name, before in zip(taken, ["", *taken], strict=False) if name != before]
    assert ["a", "b"] * (1 + ALONE.rounds) == turns  # one turn each to find the size of a batch


@pytest.mark.parametrize(("seconds", "rounds"), [(0.1, 11), (10.0, 5), (60.0, 3)])
def test_long_rounds_are_fewer(seconds, rounds):
    assert rounds == Effort().rounds_of(seconds)


def test_a_ratio_is_taken_within_a_round():
    found = ratios({"chainrule": [1.0, 2.0, 4.0], "peer": [3.0, 4.0, 4.0]})
    assert Spread(2.0, 1.0, 3.0) == found["peer"]
    assert Spread(1.0, 1.0, 1.0) == found["chainrule"]


@pytest.mark.parametrize(
    ("number", "written"),
    [(0.0, "0.0"), (0.01234, "0.0123"), (9.876, "9.88"), (99.95, "100"), (12345.6, "12,300")],
)
def test_numbers_are_told_with_three_figures(number, written):
    assert written == figures(number)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (Spread(2.5e-6, 2e-6, 3e-6), "2.50 µs (2.00 to 3.00)"),
        (Spread(0.5, 0.5, 0.5), "500 ms"),
        (4.2, "4.20 s"),
        (3e-10, "0.300 ns"),
    ],
)
def test_durations_are_told_in_the_unit_of_their_median(seconds, written):
    assert written == told_seconds(seconds)


def test_a_table_is_aligned_markdown():
    table = Table("title", ["", "time"], [["chainrule", "1 s"], ["x", "10 s"]])
    expected = (
        "|           | time |\n|-----------|-----:|\n| chainrule |  1 s |\n| x         | 10 s |"
    )
    assert expected == grid(table)


def test_a_failure_in_another_process_comes_back_as_its_last_line():
    found = in_own_process("benchmarks.depth:chain", contestant="nobody", length=1)
    assert {"failed": "KeyError: 'chain_nobody'"} == found


def test_the_machine_is_described_without_a_name_of_its_own():
    import platform

    found = machine(["sklearn"])
    assert "scikit-learn " in found
    assert f"numpy {np.__version__}" in found
    assert platform.python_version() in found
    assert platform.node() not in found
