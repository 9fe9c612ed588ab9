"""The table of landscapes, its page, and a landscape as a value."""

import copy
import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chainrule import landscapes
from chainrule.errors import SettingError, ShapeError, UnknownVariable, ValueTypeError

PAGE = Path(__file__).parents[2] / "docs" / "landscapes.md"


def test_the_catalogue_lists_every_landscape_once():
    names = [item.name for item in landscapes.catalogue()]
    assert 64 == len(set(names)) == len(names)
    groups = landscapes.catalogue().to_columns()["group"]
    assert [40, 7, 17] == [
        groups.count(group) for group in ("one objective", "constrained", "several objectives")
    ]


def test_every_landscape_is_made_by_the_function_of_its_name_and_tells_its_source():
    for item in landscapes.catalogue():
        assert item == getattr(landscapes, item.name)()
        assert item.reference
        assert item.category
    titles = [item.title for item in landscapes.catalogue()]
    assert len(set(titles)) == len(titles)


def test_the_page_is_up_to_date():
    table = landscapes.catalogue().to_markdown()
    assert PAGE.read_text(encoding="utf-8").endswith(f"\n{table}"), (
        "run scripts/write_landscapes.py"
    )


def test_the_table_is_as_wide_as_its_columns_and_has_a_line_for_each():
    lines = repr(landscapes.catalogue()).splitlines()
    assert 65 == len(lines)
    assert max(map(len, lines)) <= 180
    assert ["landscape", "variables", "box"] == lines[0].split()[:3]


def test_the_table_is_escaped_in_html():
    shown = landscapes.catalogue()._repr_html_()
    assert 65 == shown.count("<tr>")
    row = dataclasses.replace(landscapes.sphere(), category="<b>")
    assert "&lt;b&gt;" in landscapes.Catalogue((row,))._repr_html_()


def test_the_columns_make_a_dataframe():
    frame = pd.DataFrame(landscapes.catalogue().to_columns()).set_index("name")
    assert -1 == frame.loc["easom", "minimum"]
    assert np.isnan(frame.loc["zdt1", "minimum"])
    assert 30 == frame.loc["zdt1", "n"]


def test_a_slice_of_the_catalogue_is_a_catalogue():
    assert 3 == len(landscapes.catalogue()[:3])
    assert isinstance(landscapes.catalogue()[:3], landscapes.Catalogue)
    with pytest.raises(SettingError, match="Did you mean 'constrained'"):
        landscapes.catalogue().only("constrain")


def test_find_takes_a_size_where_there_is_a_choice():
    assert landscapes.sphere(5) == landscapes.find("sphere", 5)
    assert landscapes.beale() == landscapes.find("beale", 2)
    with pytest.raises(SettingError, match="beale comes in one size, n=2, so n=3 is none"):
        landscapes.find("beale", 3)
    with pytest.raises(SettingError, match="Did you mean 'himmelblau'"):
        landscapes.find("himelblau")


@pytest.mark.parametrize("n", [0, 1, -3, 2.5, True, "2"])
def test_a_size_that_is_none_is_refused(n):
    with pytest.raises(SettingError, match="rosenbrock takes 2 variables or more"):
        landscapes.rosenbrock(n)


def test_the_foxholes_are_five_seven_or_ten():
    with pytest.raises(SettingError, match="5, 7 or 10 holes, not 6"):
        landscapes.shekel(m=6)


def test_variables_are_x_then_x_and_y_then_numbered():
    assert [("x",), ("x", "y"), ("x1", "x2", "x3")] == [
        landscapes.sphere(n).variables for n in (1, 2, 3)
    ]


def test_a_point_is_a_dict_or_numbers_in_order():
    item = landscapes.rosenbrock()
    assert 401.0 == item.value({"x": 0, "y": 2}) == item.value([0, 2])
    assert 401.0 == item.value(np.array([0.0, 2.0])) == item.value((0, 2))
    grid = {"x": np.zeros((2, 3)), "y": np.full((2, 3), 2.0)}
    assert np.array_equal(np.full((2, 3), 401.0), item.value(grid))
    frame = pd.DataFrame({"x": [0.0, 1.0], "y": [2.0, 1.0]})
    assert [401.0, 0.0] == item.value(frame).tolist()


def test_a_point_of_the_wrong_length_says_which_variables_there_are():
    with pytest.raises(ShapeError, match=r"rosenbrock takes 2 numbers \(x, y\).*has 3"):
        landscapes.rosenbrock().value([1, 2, 3])
    with pytest.raises(UnknownVariable, match="'y'"):
        landscapes.rosenbrock().value({"x": 1})


def test_several_objectives_give_a_value_and_a_row_each():
    item = landscapes.zdt2(3)
    at = (0.5, 0.25, 0.0)
    assert item.value(at) == tuple(
        objective.eval(dict(zip(item.variables, at, strict=True))) for objective in item.objectives
    )
    assert (2, 3) == item.gradient(at, as_array=True).shape
    assert (2, 3, 3) == item.hessian(at, as_array=True).shape
    assert {"x1": 1.0, "x2": 0.0, "x3": 0.0} == item.gradient(at)[0]
    with pytest.raises(ShapeError, match="zdt2 has 2 objectives"):
        _ = item.expression


def test_the_domain_is_open_where_the_function_is_meant_for_all_numbers():
    assert {"x": None, "y": None} == landscapes.rosenbrock().domain
    assert {"x": (-5.0, 5.0), "y": (-5.0, 5.0)} == landscapes.rosenbrock().box
    assert landscapes.rosenbrock().is_feasible((100, 100))
    assert not landscapes.beale().is_feasible((100, 100))
    assert {"x1", "x2", "x3"} == set(landscapes.zdt4(3).domain)


def test_a_strict_constraint_does_not_hold_on_its_edge():
    rule = landscapes.Constraint(landscapes.sphere(1).expression, "<", 4)
    assert not rule.holds({"x": 2.0})
    assert rule.holds({"x": 2.0}, slack=1e-12)
    with pytest.raises(SettingError, match="not '=='"):
        landscapes.Constraint(rule.left, "==", 4)


def test_a_start_is_in_the_box_and_repeats():
    item = landscapes.mccormick()
    for seed in range(20):
        assert item.is_feasible(item.start(seed))
    assert item.start(3) == item.start(3) == item.start(np.random.default_rng(3))


@pytest.mark.parametrize(
    ("seed", "error"), [(None, ValueTypeError), (True, ValueTypeError), (-1, SettingError)]
)
def test_a_start_without_a_seed_is_refused(seed, error):
    with pytest.raises(error, match="seed"):
        landscapes.sphere().start(seed)


def test_a_landscape_is_an_immutable_value():
    item = landscapes.townsend()
    assert item == pickle.loads(pickle.dumps(item)) == copy.deepcopy(item)
    assert 1 == len({item, landscapes.townsend()})
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.minimum = 0.0
    item.minima[0]["x"] = 5.0
    assert item == landscapes.townsend()


def test_a_landscape_says_in_a_line_what_it_is():
    assert "<Landscape himmelblau(x, y): minimum 0 at (3, 2) and 3 more>" == repr(
        landscapes.himmelblau()
    )
    assert "<Landscape zdt1(x1, ..., x30): 2 objectives>" == repr(landscapes.zdt1())
    assert "<Landscape michalewicz(x1, ..., x12)>" == repr(landscapes.michalewicz(12))


def test_latex_has_a_line_for_each_objective_and_constraint():
    written = landscapes.binh_korn().to_latex()
    assert 3 == written.count(r"\\")
    assert 2 == written.count(r"\text{subject to }")
    assert r"f(x, y) = \left(x + 2 y - 7\right)^{2}" in landscapes.booth()._repr_latex_()
    assert r"f(x_{1}, \dots, x_{6}) = " in landscapes.hartmann_6().to_latex()
