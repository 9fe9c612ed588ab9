"""Learning rates: what each epoch's is, and what makes no schedule."""

import json
import math
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from tests.optimize import torch_cases

from chainrule.errors import FileFormatError, SettingError
from chainrule.optimize import schedules
from chainrule.optimize.schedules import (
    SCHEDULES,
    ConstantLR,
    ConstantRate,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    InverseTimeLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    StepLR,
    WarmUp,
    as_schedule,
    schedule_from_state,
)

REFERENCE = json.loads(torch_cases.REFERENCE.read_text(encoding="utf-8"))
ALL = [
    ConstantRate(0.1),
    InverseTimeLR(0.1, decay=0.5),
    *(schedule_from_state(state) for state, *_ in torch_cases.SCHEDULES),
]
each_schedule = pytest.mark.parametrize("schedule", ALL, ids=repr)


def assert_rates_agree(expected, schedule):
    actual = [schedule(epoch) for epoch in range(torch_cases.N_EPOCHS)]
    # PyTorch multiplies rate by rate; ours are closed forms, each rounded a few times.
    assert expected == pytest.approx(actual, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (state, rates)
        for (state, *_), rates in zip(torch_cases.SCHEDULES, REFERENCE["rates"], strict=True)
    ],
    ids=[state["name"] for state, *_ in torch_cases.SCHEDULES],
)
def test_each_schedule_has_the_rates_that_pytorch_was_seen_to_have(state, expected):
    assert_rates_agree(expected, schedule_from_state(state))


def test_each_schedule_has_the_rates_of_the_pytorch_that_is_installed():
    pytest.importorskip("torch")
    for state, kind, rate, options in torch_cases.SCHEDULES:
        assert_rates_agree(
            torch_cases.rates_in_torch(kind, rate, options), schedule_from_state(state)
        )


def test_every_schedule_is_compared_with_pytorch_or_has_no_like_there():
    assert {type(schedule).__name__ for schedule in ALL} == {*SCHEDULES}


@each_schedule
def test_a_schedule_survives_json_and_pickle_and_its_repr_makes_it_again(schedule):
    assert schedule == schedule_from_state(json.loads(json.dumps(schedule.to_state())))
    assert schedule == pickle.loads(pickle.dumps(schedule))
    assert schedule == eval(repr(schedule), vars(schedules))  # noqa: S307 - our own text
    assert hash(schedule) == hash(replace(schedule))


@each_schedule
def test_a_schedule_cannot_be_changed(schedule):
    with pytest.raises(FrozenInstanceError):
        setattr(schedule, fields(schedule)[0].name, 1.0)


@each_schedule
def test_every_epoch_has_a_rate_from_0_however_far_it_goes(schedule):
    epochs = [*range(200), 10**6, 10**15, np.int64(7)]
    assert all(0 <= schedule(epoch) < math.inf for epoch in epochs)
    assert type(schedule(np.int64(7))) is float


def test_one_cycle_stays_at_its_last_rate():
    schedule = OneCycleLR(1.0, total_steps=10)
    assert schedule(9) == schedule(10) == schedule(10**6)
    assert schedule(9) == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_one_cycle_may_be_as_short_as_one_step(total, start):
    rates = [OneCycleLR(1.0, total_steps=total, pct_start=start)(epoch) for epoch in range(4)]
    assert all(0 < rate <= 1 for rate in rates)


def test_the_rate_falls_as_one_over_the_epoch():
    schedule = InverseTimeLR(0.3, decay=0.5)
    assert [0.3 / (1 + 0.5 * epoch) for epoch in range(50)] == [schedule(e) for e in range(50)]


def test_a_warm_up_hands_over_to_the_first_epoch_of_what_it_wraps():
    within = ExponentialLR(0.4, gamma=0.9)
    schedule = WarmUp(within, total_iters=4, start_factor=0.0)
    assert [0.0, 0.1, 0.2, 0.3] == pytest.approx([schedule(epoch) for epoch in range(4)])
    assert [within(epoch) for epoch in range(9)] == [schedule(epoch + 4) for epoch in range(9)]
    assert WarmUp(0.4).schedule == ConstantRate(0.4)


@pytest.mark.parametrize("cycle", range(4))
def test_each_restart_begins_at_the_full_rate_and_lasts_t_mult_times_as_long(cycle):
    schedule = CosineAnnealingWarmRestarts(0.5, T_0=3, T_mult=2)
    begin, end = 3 * (2**cycle - 1), 3 * (2 ** (cycle + 1) - 1)
    rates = [schedule(epoch) for epoch in range(begin, end)]
    assert 0.5 == rates[0]
    assert sorted(rates, reverse=True) == rates
    assert schedule(begin + 3 * 2 ** (cycle - 1)) == pytest.approx(0.25)


def test_options_are_kept_as_plain_numbers():
    schedule = StepLR(np.float32(0.5), step_size=1e2, gamma=1)
    assert "StepLR(rate=0.5, step_size=100, gamma=1.0)" == repr(schedule)
    assert (1, 2) == MultiStepLR(1.0, milestones=[2.0, 1]).milestones


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConstantRate(-0.1), "rate must be 0 or more and finite, not -0.1"),
        (lambda: ConstantRate(math.nan), "rate must be 0 or more and finite, not nan"),
        (lambda: ConstantRate(True), "rate must be 0 or more and finite, not True"),
        (lambda: ConstantLR(0.1, factor=-1), "factor must be 0 or more and finite, not -1"),
        (lambda: StepLR(0.1, step_size=0), "step_size must be a whole number, 1 or more, not 0"),
        (lambda: StepLR(0.1, step_size=2.5), "step_size must be a whole number, .* not 2.5"),
        (lambda: StepLR(0.1, step_size=math.inf), "step_size must be a whole number, .* not inf"),
        (lambda: StepLR(0.1, step_size=3, gamma=0), "gamma must be positive and finite, not 0"),
        (lambda: MultiStepLR(0.1, milestones=5), "milestones must be several epochs, not 5"),
        (lambda: MultiStepLR(0.1, milestones=[5, 0]), "milestone must be a whole number, .* not 0"),
        (lambda: MultiStepLR(0.1, milestones="12"), "milestone must be a whole .* not '1'"),
        (lambda: InverseTimeLR(0.1, decay=-1), "decay must be 0 or more and finite, not -1"),
        (lambda: PolynomialLR(0.1, power=0), "power must be positive and finite, not 0"),
        (lambda: LinearLR(0.1, total_iters=-1), "total_iters must be a whole .* not -1"),
        (lambda: CosineAnnealingLR(0.1, T_max=0), "T_max must be a whole number, .* not 0"),
        (lambda: CosineAnnealingWarmRestarts(0.1, T_0=5, T_mult=0), "T_mult must be .* not 0"),
        (lambda: OneCycleLR(0.1, total_steps=5, pct_start=1.5), "pct_start must be .* not 1.5"),
        (
            lambda: OneCycleLR(0.1, total_steps=5, anneal_strategy="cosine"),
            "anneal_strategy must be 'cos' or 'linear', not 'cosine'. Did you mean 'cos'",
        ),
        (lambda: OneCycleLR(0.1, 5, three_phase=1), "three_phase must be True or False, not 1"),
        (lambda: OneCycleLR(0.1, 5, 0.6, three_phase=True), "pct_start must be at most 0.5 with"),
        (lambda: WarmUp(WarmUp(0.1)), "is warmed up already"),
        (lambda: WarmUp("fast"), "the rate must be a number or a schedule, not 'fast'"),
        (lambda: as_schedule(lambda epoch: 0.1), r"For instance LambdaLR\(0.1, function\)"),
        (lambda: as_schedule(-1), "rate must be 0 or more and finite, not -1"),
        (lambda: LambdaLR(0.1, 3), "lr_lambda must be a function of the epoch, not 3"),
        (lambda: LambdaLR(0.1, lambda epoch: -1.0)(3), "factor must .* not -1.0"),
        (lambda: LambdaLR(0.1, lambda epoch: None)(3), "factor must .* not None"),
        (lambda: LambdaLR(0.1, abs).to_state(), "cannot be saved: it calls a function"),
        (lambda: ConstantRate(0.1)(-1), "epoch must be 0 or more and finite, not -1"),
        (lambda: ConstantRate(0.1)(math.nan), "epoch must be 0 or more and finite, not nan"),
        (lambda: ExponentialLR(0.1, gamma=2.0)(5000), "beyond every float by epoch 5000"),
        (lambda: ExponentialLR(1e300, gamma=2.0)(100), "beyond every float by epoch 100"),
    ],
)
def test_what_makes_no_rate_is_refused_by_name_value_and_range(make, words):
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "no schedule is called None"),
        ({"name": 3}, "no schedule is called 3"),
        ({"name": "SteplR"}, "Did you mean 'StepLR'"),
        ({"name": "LambdaLR", "rate": 0.1, "lr_lambda": "abs"}, "no schedule is called 'Lambda"),
        ({"name": "StepLR", "rate": 0.1, "gamma": 0.1}, "needs rate, step_size, gamma; found"),
        ({"name": "ConstantRate", "rate": 0.1, "more": 1}, "needs rate; found rate, more"),
        (
            {"name": "WarmUp", "schedule": 0.1, "total_iters": 5, "start_factor": 0.1},
            "no schedule is called None",
        ),
        (
            {
                "name": "WarmUp",
                "schedule": {"name": "WarmUp"},
                "total_iters": 5,
                "start_factor": 0.1,
            },
            "holds another WarmUp",
        ),
    ],
)
def test_a_state_that_is_none_of_a_schedule_is_refused(state, words):
    with pytest.raises(FileFormatError, match=words):
        schedule_from_state(state)
