"""What a notebook shows of a fit."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from chainrule import LinearRegression
from chainrule.optimize.running.display import loss_picture


@pytest.fixture(scope="module")
def model():
    x = np.linspace(0, 1, 20)
    return LinearRegression().fit({"a<b>": x}, 2 * x + 1, n_epochs=50, learning_rate=0.1)


def test_a_history_shows_the_curve_and_its_ends(model):
    found = model.history._repr_html_()
    ET.fromstring(found)  # noqa: S314 - our own text
    assert "Loss over 50 epochs" in found
    assert 10 == found.count("<tr>")  # a heading, four epochs, a gap, four epochs
    assert '<td class="r">49</td>' in found


def test_a_short_history_is_shown_whole():
    x = np.arange(4.0)
    found = LinearRegression().fit(x[:, None], x, n_epochs=3, learning_rate=0.01)
    shown = found.history._repr_html_()
    assert "…" not in shown
    assert 4 == shown.count("<tr>")


def test_a_model_shows_its_summary_and_its_curve(model):
    found = model._repr_html_()
    assert "<svg" in found
    assert "a&lt;b&gt;" in found
    assert "<b>" not in found


@pytest.mark.parametrize("losses", [[], [1.0], [0.0, 0.0], [np.nan, 1.0]])
def test_what_has_no_curve_is_left_out(losses):
    assert loss_picture(losses) is None


def test_a_curve_leaves_gaps_and_stays_inside():
    found = ET.fromstring(  # noqa: S314 - our own text
        loss_picture([1e-300, np.inf, 1e300, 0.0, 1.0, *np.geomspace(1, 1e-9, 10_000)]).svg
    )
    points = [
        tuple(map(float, point.split(",")))
        for point in found.find("{*}polyline").get("points").split()
    ]
    assert all(0 <= across <= 360 and 0 <= down <= 120 for across, down in points)
    assert len(points) < 250
