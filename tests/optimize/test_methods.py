"""Methods of descent: the steps they make, the states they hand back, what they refuse."""

import io
import json
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.optimize import torch_cases
from tests.optimize.torch_cases import LOSSES, quadratic

from chainrule.errors import FileFormatError, SettingError, ShapeError
from chainrule.optimize.methods import (
    METHODS,
    adam,
    adamw,
    amsgrad,
    as_method,
    gradient_descent,
    lion,
    method_from_settings,
    method_named,
    momentum,
    nadam,
    nesterov,
    rmsprop,
)
from chainrule.optimize.methods.method import Method, Transform, plain_state
from chainrule.optimize.methods.transforms import (
    chain,
    clip_by_norm,
    clip_by_value,
    coupled_weight_decay,
    decoupled_weight_decay,
)

ALL = [
    *(make() for make in METHODS.values()),
    gradient_descent(momentum=0.9, dampening=0.5, weight_decay=0.1),
    rmsprop(centered=True, momentum=0.9, weight_decay=0.1),
    nadam(weight_decay=0.1, decoupled_weight_decay=True),
    chain(clip_by_norm(1.0), adamw(amsgrad=True), decoupled_weight_decay(0.1), clip_by_value(5.0)),
]
each_method = pytest.mark.parametrize("method", ALL, ids=repr)


def descend(method, gradient, start, rate, n_steps=torch_cases.N_STEPS):
    parameters, state, rows = np.array(start, dtype=float), method.init(start), []
    for _ in range(n_steps):
        step, state = method.update(gradient(parameters), state, parameters, rate)
        parameters = parameters + step
        rows.append(parameters)
    return np.array(rows)


def same_bits(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert type(value) is type(other[key])
        left, right = np.asarray(value), np.asarray(other[key])
        assert np.array_equal(left, right, equal_nan=True)
        assert np.array_equal(np.signbit(left), np.signbit(right)) or np.isnan(left).any()
    return True


# The trajectories of PyTorch.

DESCENTS = [(*method, loss) for method in torch_cases.METHODS for loss in LOSSES]
REFERENCE = json.loads(torch_cases.REFERENCE.read_text(encoding="utf-8"))


def assert_descents_agree(expected, actual):
    assert expected.shape == actual.shape
    assert np.max(np.abs(expected - actual) / np.maximum(1.0, np.abs(expected))) <= 1e-12


def our_descent(name, options, rate, loss):
    gradient, start, own_rate = LOSSES[loss]
    return descend(method_named(name, **options), gradient, start, rate or own_rate)


@pytest.mark.parametrize(
    ("case", "expected"),
    list(zip(DESCENTS, REFERENCE["descents"], strict=True)),
    ids=[f"{name}-{options}-{loss}" for name, options, _, _, _, loss in DESCENTS],
)
def test_each_method_takes_the_steps_that_pytorch_was_seen_to_take(case, expected):
    name, options, _kind, _options, rate, loss = case
    kept = [step - 1 for step in torch_cases.KEPT_STEPS]
    assert_descents_agree(np.array(expected), our_descent(name, options, rate, loss)[kept])


def test_each_method_takes_each_of_100_steps_as_the_pytorch_that_is_installed():
    pytest.importorskip("torch")
    for name, options, kind, theirs, rate, loss in DESCENTS:
        expected = torch_cases.descend_in_torch(loss, kind, theirs, rate)
        assert_descents_agree(expected, our_descent(name, options, rate, loss))


@pytest.mark.parametrize(
    ("clip", "expected"), list(zip(torch_cases.CLIPS, REFERENCE["clipped"], strict=True))
)
def test_clipping_by_norm_with_its_eps_is_that_of_pytorch(clip, expected):
    method = chain(clip_by_norm(**clip, eps=1e-6), gradient_descent())
    rows = descend(method, quadratic, LOSSES["quadratic"][1], 0.02)
    kept = [step - 1 for step in torch_cases.KEPT_STEPS]
    assert_descents_agree(np.array(expected), rows[kept])


def test_every_method_but_lion_is_compared_with_pytorch():
    assert {*METHODS} - {"lion"} == {name for name, *_ in torch_cases.METHODS}


def test_default_rates_are_those_of_pytorch():
    rates = {name: make().default_rate for name, make in METHODS.items()}
    expected = dict.fromkeys(("adam", "adamw", "amsgrad"), 1e-3) | {"nadam": 2e-3, "lion": 1e-4}
    expected |= dict.fromkeys(("gradient descent", "momentum", "nesterov"), 1e-3)
    assert expected | dict.fromkeys(("adagrad", "rmsprop"), 1e-2) == rates


def test_lion_is_the_algorithm_of_its_paper():
    """Chen et al. (2023), algorithm 2, line by line and number by number."""
    beta_1, beta_2, decay, rate = 0.8, 0.95, 0.1, 0.01
    expected, mean = [3.0, 2.0, -1.0], [0.0, 0.0, 0.0]
    parameters, method = np.array(expected), lion((beta_1, beta_2), decay)
    state = method.init(parameters)
    # Not the gradients of a loss: near a minimum, rounding decides about a sign.
    for gradient in np.random.default_rng(7).standard_normal((100, 3)):
        for place, slope in enumerate(gradient.tolist()):
            mixed = beta_1 * mean[place] + (1 - beta_1) * slope
            sign = (mixed > 0) - (mixed < 0)
            expected[place] -= rate * (sign + decay * expected[place])
            mean[place] = beta_2 * mean[place] + (1 - beta_2) * slope
        step, state = method.update(gradient, state, parameters, rate)
        parameters = parameters + step
    assert_descents_agree(np.array(expected), parameters)


# What they are apart from PyTorch.


@each_method
def test_each_method_descends(method):
    # AdaGrad's steps only ever shrink.
    rate = 0.5 if method.name == "adagrad" else 0.02
    rows = descend(method, quadratic, (3.0, 2.0, -1.0), rate, n_steps=600)
    slopes = np.linalg.norm(quadratic(rows[-1]))
    assert slopes < 0.1 * np.linalg.norm(quadratic(np.array([3.0, 2.0, -1.0])))


@pytest.mark.parametrize("method", [adam(eps=0), nadam(eps=0), rmsprop(eps=0), amsgrad(eps=0)])
def test_a_parameter_that_never_had_a_slope_stays_even_without_eps(method):
    rows = descend(method, lambda x: np.array([x[0], 0.0]), (1.0, 5.0), 0.01)
    assert np.all(rows[:, 1] == 5.0)
    assert np.all(np.isfinite(rows))


def test_centred_rmsprop_survives_a_slope_that_stays_the_same():
    method, slopes = rmsprop(alpha=0.5, centered=True), np.linspace(0.1, 3.0, 1000)
    state = method.init(slopes)
    for _ in range(100):
        step, state = method.update(slopes, state, slopes, 0.01)
    # Rounding has made some variances negative.
    assert np.min(state["square"] - state["mean"] ** 2) < 0
    assert np.all(np.isfinite(step))


def test_the_divisor_of_amsgrad_never_falls():
    method, state = amsgrad(betas=(0.5, 0.5)), amsgrad().init(np.zeros(1))
    largest = []
    for slope in (1.0, 9.0, 1.0, 0.0, 0.0):
        _, state = method.update(np.array([slope]), state, np.zeros(1), 0.1)
        largest.append(state["largest"][0])
    assert sorted(largest) == largest
    assert state["square"][0] < largest[-1]


@pytest.mark.parametrize("slope", [math.inf, math.nan, 1e300])
@each_method
def test_a_gradient_beyond_all_bounds_makes_no_warning(method, slope):
    state = method.init(np.zeros(2))
    for _ in range(3):
        step, state = method.update(np.array([slope, 1.0]), state, np.zeros(2), 0.1)
    assert step.shape == (2,)


# Chains.

CLIPPED = np.array([0.6, 0.8])


def test_a_clip_before_a_method_bounds_the_gradient_and_one_after_it_the_step():
    gradient, zeros = np.array([30.0, 40.0]), np.zeros(2)
    before = chain(clip_by_norm(1.0), momentum())
    after = chain(momentum(), clip_by_norm(1.0))
    state = before.init(zeros)
    assert before.update(gradient, state, zeros, 0.1)[0] == pytest.approx(-0.1 * CLIPPED)
    state = after.init(zeros)
    assert after.update(gradient, state, zeros, 0.1)[0] == pytest.approx(-CLIPPED)


@pytest.mark.parametrize("order", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("size", [1e-320, 1e-200, 1.0, 1e200])
def test_clipping_by_norm_cuts_to_the_norm_whatever_the_size(order, size):
    vector = np.array([3.0, -4.0, 0.0]) * size
    norm = np.linalg.norm(vector / size, order) * size
    cut = clip_by_norm(norm / 2, order).update(vector, {}, vector, 0.1)[0]
    assert cut == pytest.approx(vector / 2, rel=1e-12, abs=1e-323)
    assert np.array_equal(vector, clip_by_norm(norm * 2, order).update(vector, {}, vector, 0.1)[0])


def test_what_is_not_finite_passes_a_clip_by_norm_for_the_loop_to_see():
    vector = np.array([np.inf, 1.0])
    assert np.array_equal(vector, clip_by_norm(1.0).update(vector, {}, vector, 0.1)[0])


def test_decoupled_decay_after_adam_is_adamw_and_coupled_decay_before_it_is_adam_with_decay():
    for whole, parts in (
        (adamw(weight_decay=0.3), chain(adam(), decoupled_weight_decay(0.3))),
        (adam(weight_decay=0.3), chain(coupled_weight_decay(0.3), adam())),
    ):
        expected, actual = (
            descend(each, quadratic, (3.0, 2.0, -1.0), 0.1) for each in (whole, parts)
        )
        assert np.array_equal(expected, actual)


def test_a_chain_in_a_chain_is_one_chain():
    inner = chain(clip_by_value(1.0), adam())
    outer = chain(coupled_weight_decay(0.1), inner, decoupled_weight_decay(0.1))
    assert len(outer.parts) == 4
    assert outer.default_rate == adam().default_rate


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), "not 0"),
        ((clip_by_norm(),), "Found: clip by norm"),
        ((adam(), lion()), "not 2"),
        ((decoupled_weight_decay(), adam()), "must stand after adam"),
        ((adam(), coupled_weight_decay()), "must stand before adam"),
        ((adam,), "made of methods and transforms"),
    ],
)
def test_a_chain_that_makes_no_sense_is_refused(parts, words):
    with pytest.raises(SettingError, match=words):
        chain(*parts)


# States are values.

slopes = st.lists(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
    min_size=2,
    max_size=6,
)


def through_json(state):
    return json.loads(json.dumps(plain_state(state)))


def through_npz(state):
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return np.load(file)


@each_method
@settings(max_examples=20)
@given(gradients=slopes)
def test_a_saved_state_goes_on_with_the_same_bits(method, gradients):
    parameters = np.array([1.0, -2.0])
    state = method.init(parameters)
    for gradient in gradients[:-1]:
        _, state = method.update(np.array(gradient), state, parameters, 0.1)
    last = np.array(gradients[-1])
    expected = method.update(last, state, parameters, 0.1)
    for save in (through_json, through_npz):
        saved = save(state)
        restored = method.restored(saved, parameters)
        assert same_bits(state, restored)
        # Also without being restored first.
        for before in (restored, saved):
            actual = method.update(last, before, parameters, 0.1)
            assert same_bits({"step": expected[0]} | expected[1], {"step": actual[0]} | actual[1])


@each_method
def test_nothing_that_is_handed_in_is_written_to_or_handed_back(method):
    parameters, gradient = np.array([1.0, -2.0]), np.array([3.0, 0.5])
    state = method.init(parameters)
    for _ in range(3):
        inputs = [parameters, gradient, *(v for v in state.values() if isinstance(v, np.ndarray))]
        for array in inputs:
            # Whoever writes to it gets an error.
            array.setflags(write=False)
        before = plain_state(state)
        step, following = method.update(gradient, state, parameters, 0.1)
        assert before == plain_state(state)
        outputs = [step, *(v for v in following.values() if isinstance(v, np.ndarray))]
        assert not any(np.shares_memory(one, two) for one in inputs for two in outputs)
        state = following


@each_method
def test_methods_are_pickled_and_made_again_from_their_settings(method):
    again = method_from_settings(json.loads(json.dumps(method.to_settings())))
    for other in (again, pickle.loads(pickle.dumps(method))):
        assert repr(method) == repr(other)
        one, two = (descend(each, quadratic, (3.0, 2.0, -1.0), 0.1, 5) for each in (method, other))
        assert np.array_equal(one, two)


@each_method
def test_a_method_cannot_be_changed(method):
    with pytest.raises(AttributeError, match=r"'name' of .* cannot be changed"):
        method.name = "other"
    with pytest.raises(TypeError):
        method.options["eps"] = 1.0


@each_method
def test_the_repr_of_a_method_makes_it_again(method):
    makers = {name.replace(" ", "_"): make for name, make in METHODS.items()}
    makers |= {
        make.__name__: make for make in (chain, clip_by_norm, clip_by_value, decoupled_weight_decay)
    }
    assert repr(method) == repr(eval(repr(method), makers))  # noqa: S307 - our own text


@each_method
def test_a_step_allocates_little_more_than_it_hands_back(method):
    count = 100_000
    parameters, gradient = np.ones(count), np.ones(count)
    _, state = method.update(gradient, method.init(parameters), parameters, 0.1)
    tracemalloc.start()
    try:
        step, following = method.update(gradient, state, parameters, 0.1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    kept = sum(v.nbytes for v in (step, *following.values()) if isinstance(v, np.ndarray))
    assert peak <= kept + 2 * gradient.nbytes + 50_000


def test_a_restored_state_holds_floats_of_its_own():
    saved = {"count": 2, "mean": np.array([1, 2]), "square": np.array([0.5, 0.5])}
    restored = adam().restored(saved, np.zeros(2))
    saved["square"][0] = 9.0
    assert [0.5, 0.5] == restored["square"].tolist()
    assert np.float64 == restored["mean"].dtype


# What is refused.


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ([1, 2], "must be a mapping, not a list"),
        ({"count": 1, "mean": [0.0, 0.0]}, "lacks 'square'"),
        ({"count": 1, "mean": [0, 0], "square": [0, 0], "other": 1}, "unknown 'other'"),
        ({"count": 1, "mean": [0.0], "square": [0.0, 0.0]}, r"shape \(1,\) under 'mean'"),
        ({"count": 1.5, "mean": [0, 0], "square": [0, 0]}, "whole number from 0 under 'count'"),
        ({"count": -1, "mean": [0, 0], "square": [0, 0]}, "not -1.0"),
        ({"count": math.nan, "mean": [0, 0], "square": [0, 0]}, "not nan"),
        ({"count": 1, "mean": ["a", "b"], "square": [0, 0]}, "no numbers under 'mean'"),
        ({"count": 1, "mean": [[0], [0, 0]], "square": [0, 0]}, "no numbers under 'mean'"),
        ({"count": "1", "mean": [0, 0], "square": [0, 0]}, "no numbers under 'count': '1'"),
        ({"count": None, "mean": [0, 0], "square": [0, 0]}, "no numbers under 'count': None"),
    ],
)
def test_a_state_that_is_not_of_the_method_is_refused(saved, words):
    with pytest.raises(FileFormatError, match=words):
        adam().restored(saved, np.zeros(2))


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (adam, {"betas": (1.0, 0.999)}, r"betas\[0\] must be 0 or more and below 1, not 1.0"),
        (adam, {"betas": (0.9, -0.1)}, r"betas\[1\] must be 0 or more and below 1, not -0.1"),
        (adam, {"betas": (0.9, math.nan)}, r"betas\[1\] must .* not nan"),
        (adam, {"betas": 0.9}, r"betas must be two numbers, .* not 0.9"),
        (adam, {"betas": (0.9,)}, r"betas must be two numbers"),
        (adam, {"eps": -1e-8}, "eps must be 0 or more and finite, not -1e-08"),
        (adam, {"eps": "small"}, "eps must .* not 'small'"),
        (adam, {"weight_decay": math.inf}, "weight_decay must .* not inf"),
        (adam, {"amsgrad": 1}, "amsgrad must be True or False, not 1"),
        (momentum, {"momentum": 1.1}, "momentum must be 0 or more and at most 1, not 1.1"),
        (momentum, {"momentum": True}, "momentum must .* not True"),
        (nesterov, {"momentum": None}, "momentum must .* not None"),
        (gradient_descent, {"nesterov": True}, "nesterov needs a momentum above 0"),
        (gradient_descent, {"dampening": 2}, "dampening must be 0 or more and at most 1"),
        (rmsprop, {"alpha": 1.0}, "alpha must be 0 or more and below 1, not 1.0"),
        (rmsprop, {"eps": 10**400}, "eps must be 0 or more and finite, not 1000"),
        (rmsprop, {"eps": 10**5000}, "eps must be 0 or more and finite, not a number too long"),
        (nadam, {"momentum_decay": -1}, "momentum_decay must be 0 or more and finite, not -1"),
        (lion, {"betas": "ab"}, r"betas\[0\] must .* not 'a'"),
        (clip_by_norm, {"max_norm": 0}, "max_norm must be positive and finite, not 0"),
        (clip_by_norm, {"norm_type": 0.5}, "norm_type must be 1 or more, not 0.5"),
        (clip_by_value, {"clip_value": -1}, "clip_value must be positive and finite, not -1"),
    ],
)
def test_a_setting_out_of_its_range_is_named_with_value_and_range(make, options, words):
    with pytest.raises(SettingError, match=words):
        make(**options)


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "fast", None])
def test_a_rate_that_is_none_is_refused_by_the_update(rate):
    with pytest.raises(SettingError, match="rate must be 0 or more and finite, not"):
        gradient_descent().update(np.ones(2), {}, np.ones(2), rate)


def test_vectors_that_do_not_fit_are_refused_with_both_shapes():
    with pytest.raises(ShapeError, match=r"gradient has shape \(1,\), the parameters .*\(3,\)"):
        adam().update(np.ones(1), adam().init(np.ones(3)), np.ones(3), 0.1)
    with pytest.raises(
        ShapeError, match=r"parameters must be a flat vector, not of shape \(2, 2\)"
    ):
        adam().init(np.ones((2, 2)))


def test_a_state_of_another_method_or_of_other_parameters_is_refused_by_the_update():
    vector = np.ones(3)
    with pytest.raises(SettingError, match=r"the state lacks 'count'. Found: \['mean'\]"):
        adam().update(vector, lion().init(vector), vector, 0.1)
    with pytest.raises(ShapeError, match=r"shape \(1,\) under 'mean', the parameters .*\(3,\)"):
        lion().update(vector, lion().init(np.ones(1)), vector, 0.1)


# Names.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Gradient Descent", "gradient descent"),
        ("gradient_descent", "gradient descent"),
        ("SGD", "gradient descent"),
        ("heavy-ball", "momentum"),
        ("Nesterov momentum", "nesterov"),
        ("Adagrad", "adagrad"),
        ("RMSprop", "rmsprop"),
        ("AdamW", "adamw"),
        ("NAdam", "nadam"),
        ("Lion", "lion"),
    ],
)
def test_a_method_answers_to_its_names(name, expected):
    assert expected == method_named(name).name


def test_an_unknown_method_is_refused_with_the_list_closest_first():
    with pytest.raises(SettingError) as refused:
        method_named("adamm")
    message = str(refused.value)
    assert "no method is called 'adamm'. Did you mean 'adam'?" in message
    listed = message.split("Methods: ")[1].rstrip(".").split(", ")
    assert sorted(map(repr, METHODS)) == sorted(listed)
    assert "'adam'" == listed[0]


def test_an_unknown_option_is_refused_with_those_there_are():
    with pytest.raises(SettingError, match=r"adam has no option 'beta'. Did you mean 'betas'\?"):
        method_named("adam", beta=(0.9, 0.9))


def test_a_method_is_taken_as_it_is_or_by_name_and_nothing_else():
    method = adam()
    assert as_method(method) is method
    assert repr(method) == repr(as_method("adam"))
    with pytest.raises(SettingError, match="has its options already; 'eps' cannot be added"):
        as_method(method, eps=0.1)
    with pytest.raises(SettingError, match=r"makes none.*\n.*Chain it with a method"):
        as_method(clip_by_norm())
    with pytest.raises(SettingError, match=r"the maker adam, .* call it, adam\(\)"):
        as_method(adam)
    with pytest.raises(SettingError, match="must be text, not 3"):
        method_named(3)


@pytest.mark.parametrize(
    ("saved", "error", "words"),
    [
        (None, FileFormatError, "have a str under 'name'"),
        ({"name": "adam"}, FileFormatError, "have a mapping under 'options'"),
        ({"name": "chain", "parts": 3}, FileFormatError, "have a list under 'parts'"),
        ({"name": "adma", "options": {}}, SettingError, "Did you mean 'adam'"),
        ({"name": "adam", "options": {"eps": -1}}, SettingError, "eps must"),
        ({"name": "chain", "parts": [{"name": "adam"}]}, FileFormatError, "'options'"),
    ],
)
def test_settings_that_are_no_method_are_refused(saved, error, words):
    with pytest.raises(error, match=words):
        method_from_settings(saved)


def test_a_method_of_ones_own_chains_with_the_others():
    sign = Method(
        "sign", lambda parameters: {}, lambda g, state, p, rate: (-rate * np.sign(g), state)
    )
    doubled = Transform("doubled", lambda p: {}, lambda v, s, p, r: (2 * v, s), place="after")
    method = chain(clip_by_value(1.0), sign, doubled)
    step, _ = method.update(np.array([5.0, -3.0]), method.init(np.zeros(2)), np.zeros(2), 0.5)
    assert [-1.0, 1.0] == step.tolist()
    with pytest.raises(SettingError, match="place must be one of"):
        Transform("doubled", lambda p: {}, lambda v, s, p, r: (2 * v, s), place="between")
