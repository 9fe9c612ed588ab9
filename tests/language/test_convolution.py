"""Convolutions: vectors as in NumPy, channels as in PyTorch, derivatives, shapes and refusals."""

import numpy as np
import pytest

import chainrule
from chainrule import (
    check_gradient,
    check_operation,
    conv1d,
    conv2d,
    convolve,
    correlate,
    expression,
    gradient,
    parse,
)
from chainrule.engine.sizes import Size
from chainrule.errors import OperationError, ShapeError
from chainrule.language.convolving import convolution, correlation, windows

RANDOM = np.random.default_rng(31)
x, w = expression("x"), expression("w")
TORCH_VALUE = [0.18, 0.25, 0.06, -0.4, 0.9, 2.17, 2.94, 6.32]
TORCH_BY_IMAGE = [
    1.008,
    2.02,
    2.504,
    2.304,
    4.192,
    5.376,
    3.504,
    6.56,
    7.744,
    1.872,
    3.956,
    4.44,
    4.704,
    8.928,
    10.112,
    5.904,
    11.296,
    12.48,
]
TORCH_BY_KERNELS = [
    -0.32,
    -0.364,
    -0.51,
    -0.468,
    -1.04,
    -0.976,
    -0.78,
    -0.306,
    5.056,
    8.084,
    9.282,
    14.508,
    16.432,
    24.752,
    24.564,
    36.702,
]
OPERATIONS = [
    windows.sliding_windows,
    windows.sum_of_windows,
    convolution.axis_apart,
    convolution.axis_together,
    convolution.convolution_1d,
    convolution.convolution_2d,
    correlation.vector_convolution,
    correlation.vector_convolution_cotangent,
    correlation.vector_correlation,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_each_says_one_thing_of_itself(operation):
    report = check_operation(operation)
    assert report.ok, str(report)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("lengths", [(1, 1), (5, 2), (5, 3), (2, 3), (4, 5), (4, 6), (3, 3)])
def test_vectors_are_convolved_and_correlated_as_numpy_does(mode, lengths):
    at = {"x": RANDOM.normal(size=lengths[0]), "w": RANDOM.normal(size=lengths[1])}
    for ours, numpys in ((convolve, np.convolve), (correlate, np.correlate)):
        formula = ours(x, w, mode)
        expected = numpys(at["x"], at["w"], mode)
        assert np.allclose(expected, formula.eval(at), rtol=1e-13, atol=1e-14)
        assert expected.shape == type(formula).shape(lengths[:1], lengths[1:], mode)
        assert numpys(x, w, mode=mode) is formula
        inner = chainrule.sum(gradient(chainrule.sum(formula**3))["x"] ** 2)
        assert check_gradient(inner, at).ok


def by_definition(x, w, stride, before, after, dilation):
    """Sum over channels and places in a window, in loops; stride and the like for each axis."""
    axes = w.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(before, after)] * axes])
    reach = [(size - 1) * dilation + 1 for size in w.shape[2:]]
    counts = [(have - r) // stride + 1 for have, r in zip(x.shape[2:], reach, strict=True)]
    made = np.zeros((len(x), len(w), *counts))
    for place in np.ndindex(*made.shape):
        begins = [at * stride for at in place[2:]]
        key = [slice(at, at + r, dilation) for at, r in zip(begins, reach, strict=True)]
        made[place] = np.sum(x[place[0]][(slice(None), *key)] * w[place[1]])
    return made


@pytest.mark.parametrize(
    ("shape", "kernel"),
    [((2, 3, 9), (4, 3, 3)), ((2, 2, 5, 6), (3, 2, 2, 3)), ((1, 1, 1), (1, 1, 1))],
)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("padding", "sides"), [(0, (0, 0)), (2, (2, 2)), (((1, 2),), (1, 2))])
@pytest.mark.parametrize("dilation", [1, 2])
def test_channels_are_convolved_as_their_definition_says(
    shape, kernel, stride, padding, sides, dilation
):
    conv, axes = (conv1d, 1) if len(kernel) == 3 else (conv2d, 2)
    at = {"x": RANDOM.normal(size=shape), "w": RANDOM.normal(size=kernel)}
    padding = padding if isinstance(padding, int) else padding * axes
    formula = conv(x, w, stride=stride, padding=padding, dilation=dilation)
    expected = by_definition(*at.values(), stride, *sides, dilation)
    assert np.allclose(expected, formula.eval(at), rtol=1e-12, atol=1e-13)
    assert expected.shape == type(formula).shape(shape, kernel, *formula.attributes)
    assert parse(str(formula)) is formula


def test_groups_do_not_see_each_other():
    image, kernels = RANDOM.normal(size=(4, 6, 5)), RANDOM.normal(size=(6, 2, 3, 2))
    formula = conv2d(x, w, groups=2, padding="same")
    apart = [
        conv2d(image[2 * part : 2 * part + 2], kernels[3 * part : 3 * part + 3], padding="same")
        for part in (0, 1)
    ]
    at = {"x": image, "w": kernels}
    assert np.allclose(np.concatenate(apart), formula.eval(at), rtol=1e-13)
    assert (6, 6, 5) == formula.eval(at).shape
    assert check_gradient(chainrule.sum(formula**2), at).ok


def test_values_and_slopes_are_those_that_pytorch_gives():
    # torch.nn.functional.conv2d of arange(18)/10 as (1, 2, 3, 3), of kernels arange(16)/10 - 0.5
    # as (2, 2, 2, 2), stride 2, padding 1; and the gradients of its sum of squares.
    image = np.arange(18.0).reshape(1, 2, 3, 3) / 10
    kernels = np.arange(16.0).reshape(2, 2, 2, 2) / 10 - 0.5
    formula = conv2d(x, w, stride=2, padding=1)
    found = formula.eval({"x": image, "w": kernels})
    slopes = chainrule.sum(formula**2).diff({"x": image, "w": kernels})
    assert np.allclose(TORCH_VALUE, found.ravel(), rtol=1e-12, atol=1e-14)
    assert np.allclose(TORCH_BY_IMAGE, slopes["x"].ravel(), rtol=1e-12, atol=1e-14)
    assert np.allclose(TORCH_BY_KERNELS, slopes["w"].ravel(), rtol=1e-12, atol=1e-14)


def test_single_precision_stays_single():
    single = np.ones((1, 2, 4), np.float32)
    assert np.float32 == conv1d(single, np.ones((1, 2, 2), np.float32)).dtype


def test_shapes_are_known_before_there_are_values():
    n, shape = Size("n"), convolution.convolution_1d.shape
    assert (n, 4, 7) == shape((n, 3, 9), (4, 3, 3), 1, 0, 1, 1)
    assert (2, 4, n) == shape((2, 3, n), (4, 3, 3), 1, "same", 1, 1)
    assert (2, 4, n - 4) == shape((2, 3, n), (4, 3, 3), 1, 0, 2, 1)
    assert (n + 2,) == correlation.vector_convolution.shape((n,), (3,), "full")
    assert (n,) == correlation.vector_convolution.shape((3,), (n,), "same")
    assert (n - 2,) == correlation.vector_convolution.shape((n,), (3,), "valid")


def test_shapes_that_do_not_fit_are_refused():
    signal = np.ones((2, 3, 5))
    with pytest.raises(ShapeError, match=r"the array has 3 channels along axis 1, .* takes 2"):
        conv1d(signal, np.ones((4, 2, 3)))
    with pytest.raises(ShapeError, match="reaches over 6 of 5 elements"):
        conv1d(signal, np.ones((4, 3, 6)))
    with pytest.raises(ShapeError, match=r"kernel \(O, C, \.\.\.\) with 2 more axes"):
        conv2d(signal, np.ones((4, 3, 6)))
    with pytest.raises(ShapeError, match="makes 4 channels, which 3 groups cannot share"):
        conv1d(signal, np.ones((4, 1, 2)), groups=3)
    with pytest.raises(ShapeError, match=r"two vectors.*\(0,\) and \(2,\)"):
        convolve(np.ones(0), np.ones(2))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stride": 0}, "conv2d's stride must be a whole number from 1, or 2 of them, not 0"),
        ({"padding": "some"}, "'valid', 'same' or 'full', not 'some'"),
        ({"padding": (1, 2, 3)}, "padding must be a whole number from 0"),
        ({"dilation": 1.5}, "dilation must be"),
    ],
)
def test_settings_that_mean_nothing_are_refused(options, words):
    with pytest.raises(OperationError, match=words):
        conv2d(x, w, **options)
    with pytest.raises(OperationError, match="mode must be 'full', 'same' or 'valid'"):
        convolve(x, w, "some")
