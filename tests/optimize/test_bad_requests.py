"""What `minimize` says of settings that cannot be, before it has moved anything."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule import expression, mean, minimize, resume
from chainrule import sum as total
from chainrule.errors import SettingError, ShapeError, ValueTypeError
from chainrule.optimize import adam, bfgs
from chainrule.optimize import clip_by_norm as shortened

x, m, y = expression("x"), expression("m"), expression("y")
LOSS, START = mean((y - m * x) ** 2), {"m": 0.0}
DATA = {"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.5]}


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"method": adam}, SettingError, r"the maker adam, .* call it, adam\(\)"),
        ({"method": bfgs}, SettingError, r"the maker bfgs, .* call it, bfgs\(\)"),
        ({"method": None}, SettingError, "a name or a method, not None.*\n.*'adam'.*'bfgs'"),
        ({"method": "mini-batch"}, SettingError, "asked for with batch_size="),
        ({"learning_rate": -0.1}, SettingError, "learning_rate must be 0 or more"),
        ({"learning_rate": "cosine"}, SettingError, "Schedules: .*CosineAnnealingLR"),
        ({"learning_rate": [0.1]}, SettingError, r"learning_rate must be .* not \[0\.1\]"),
        ({"learning_rate": lambda epoch: 0.1}, SettingError, r"LambdaLR\(0\.1, function\)"),
        ({"clip": -1}, SettingError, "clip must be positive and finite, not -1"),
        ({"clip": adam()}, SettingError, "clip must be the longest length"),
        ({"clip": shortened}, SettingError, "clip must be the longest length"),
        ({"callback": 3}, ValueTypeError, "callback must be a function of an entry, not 3"),
        ({"method": "bfgs", "weight_decay": 0.1}, SettingError, "bfgs has none.*Add to the loss"),
        ({"log": "."}, SettingError, "log: . is a folder"),
        ({"log": "nowhere/log.jsonl"}, SettingError, "log: there is no folder .*nowhere"),
        ({"checkpoint": "."}, SettingError, "checkpoint: . is a folder"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_can(settings, kind, words) -> None:
    with pytest.raises(kind, match=words):
        minimize(LOSS, START, DATA, **settings)


def test_a_parameter_without_elements_is_refused_by_name() -> None:
    with pytest.raises(ShapeError, match=r"'w' has shape \(0,\): it has no elements to move"):
        minimize(total(expression("w") ** 2), {"w": np.ones(0)})


def test_names_of_scipy_lead_to_their_likes() -> None:
    assert "newton-cg" == minimize(x**2, {"x": 1.0}, method="trust-ncg").method


def test_a_trace_says_how_it_is_asked() -> None:
    trace = minimize(x**2, {"x": 1.0}, n_epochs=3)
    with pytest.raises(IndexError, match="no entry 9: the 4 entries are 0 to 3"):
        trace[9]
    with pytest.raises(ValueTypeError, match=r"not 'loss'.*trace\.loss"):
        trace["loss"]


def test_a_run_is_not_gone_on_with_by_what_cannot_be_called(tmp_path) -> None:
    path = tmp_path / "run.json"
    minimize(LOSS, START, DATA, n_epochs=2, checkpoint=path)
    with pytest.raises(ValueTypeError, match="callback must be a function"):
        resume(path, LOSS, DATA, n_epochs=4, callback=[print])
