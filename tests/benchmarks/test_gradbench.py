"""GradBench's tasks: values and derivatives against plain NumPy, at small sizes, to 1e-9.

The derivatives of the plain functions are taken by the complex step, which loses no digits
(Squire & Trapp, 1998). The suite's own tolerance, 1e-4 absolute below 1, would let zeros pass.
"""

import io
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from benchmarks.gradbench import particle
from benchmarks.gradbench.descent import SLOPES, argmin
from benchmarks.gradbench.protocol import MODULES, answer_to, answers
from benchmarks.harness import ROOT

import chainrule
from chainrule import jacobian, vector

RANDOM = np.random.default_rng(31337)
ONCE = {"min_runs": 1, "min_seconds": 0}


def output(module, name, given):
    """Ask for a function of a task, once."""
    message = {"id": 7, "kind": "evaluate", "module": module, "function": name}
    answer = answer_to({**message, "input": {**given, **ONCE}})
    assert answer["success"], answer["error"]
    assert 7 == answer["id"]
    (timing,) = answer["timings"]
    assert "evaluate" == timing["name"]
    assert timing["nanoseconds"] > 0
    return answer["output"]


def slope(f, x, step=1e-30):
    """Return the derivatives of f by every element of x: its values' axes, then those of x."""
    x = np.asarray(x, dtype=float)
    found = []
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1j * step
        found.append(np.imag(f(moved)) / step)
    return np.moveaxis(np.array(found), 0, -1).reshape(np.shape(f(x)) + x.shape)


def assert_same(expected, actual):
    """Compare to 1e-9 of the largest element, and each element to 1e-7 of itself."""
    expected, actual = np.asarray(expected), np.asarray(actual)
    assert expected.shape == actual.shape
    scale = np.abs(expected).max()
    assert scale > 0  # an answer of zeros would tell nothing
    assert np.abs(expected - actual).max() <= 1e-9 * scale
    assert np.allclose(expected, actual, rtol=1e-9, atol=1e-12 * scale)


def test_hello():
    for name, expected in (("square", 9.0), ("double", 6.0)):
        message = {"id": 1, "kind": "evaluate", "module": "hello", "function": name, "input": 3.0}
        assert expected == answer_to(message)["output"]


def test_llsq():
    x, n = RANDOM.random(6), 9
    t = np.linspace(-1, 1, n)

    def objective(x):
        return (
            sum((np.sign(t_i) - sum(x_j * t_i**j for j, x_j in enumerate(x))) ** 2 for t_i in t) / 2
        )

    given = {"x": x.tolist(), "n": n}
    assert_same(objective(x), output("llsq", "primal", given))
    assert_same(slope(objective, x), output("llsq", "gradient", given))


def test_lse():
    x = 800 + 5 * RANDOM.random(7)  # where a naive sum of exponentials overflows
    shifted = np.exp(x - x.max())
    given = {"x": x.tolist()}
    assert_same(x.max() + math.log(shifted.sum()), output("lse", "primal", given))
    assert_same(shifted / shifted.sum(), output("lse", "gradient", given))


@pytest.mark.parametrize(("size", "m", "gamma"), [(3, 0, 1.0), (1, 2, 0.5), (2, 1, 1.5)])
def test_gmm(size, m, gamma):
    components, n = 2, 5
    x = RANDOM.normal(size=(n, size))
    shapes = {
        "alpha": (components,),
        "mu": (components, size),
        "q": (components, size),
        "l": (components, size * (size - 1) // 2),
    }
    at = {name: RANDOM.normal(size=shape) for name, shape in shapes.items()}

    def log_sum(values):
        top = max(value.real for value in values)
        return top + np.log(sum(np.exp(value - top) for value in values))

    def objective(alpha, mu, q, l):  # noqa: E741 - its name there
        total, prior = 0, 0
        Qs = []
        for k in range(components):
            Q = np.diag(np.exp(q[k])).astype(complex)
            below = iter(l[k])
            for column in range(size):
                for row in range(column + 1, size):
                    Q[row, column] = next(below)
            Qs.append(Q)
            prior += gamma**2 / 2 * (Q * Q).sum() - m * q[k].sum()
        for x_i in x:
            betas = []
            for k, Q in enumerate(Qs):
                y = Q @ (x_i - mu[k])
                betas.append(alpha[k] + q[k].sum() - (y * y).sum() / 2)
            total += log_sum(betas)
        degrees = size + m + 1
        gammas = sum(math.lgamma((degrees - j) / 2) for j in range(size))
        gammas += size * (size - 1) / 4 * math.log(math.pi)
        scale = degrees * size * math.log(gamma / math.sqrt(2)) - gammas
        each = size / 2 * math.log(2 * math.pi) + log_sum(list(alpha))
        return total - n * each - prior + components * scale

    given = {name: value.tolist() for name, value in at.items()}
    given |= {"x": x.tolist(), "gamma": gamma, "m": m, "d": size, "k": components, "n": n}
    assert_same(objective(**at).real, output("gmm", "objective", given))
    found = output("gmm", "jacobian", given)
    assert list(shapes) == list(found)
    for name in shapes:
        if at[name].size:
            by_name = slope(lambda moved, name=name: objective(**{**at, name: moved}), at[name])
            assert_same(by_name, found[name])


def test_kmeans():
    random = np.random.default_rng(31337)  # whatever other tests have drawn: no cluster is empty
    points, centroids = random.random((12, 3)), random.random((3, 3))
    distances = ((points[:, None] - centroids) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    sizes = np.bincount(nearest, minlength=3)
    assert sizes.all()
    given = {"points": points.tolist(), "centroids": centroids.tolist()}
    assert_same(distances.min(axis=1).sum(), output("kmeans", "cost", given))
    means = np.array([points[nearest == k].mean(axis=0) for k in range(3)])
    assert_same(centroids - means, output("kmeans", "dir", given))


def reprojection(numbers, feature):
    """Return the residuals of one observation from its 15 numbers, by a matrix of rotation."""
    r, c, f, p, k, x, w = np.split(numbers, [3, 6, 7, 9, 11, 14])
    angle = np.sqrt((r * r).sum())
    K = np.array([[0, -r[2], r[1]], [r[2], 0, -r[0]], [-r[1], r[0], 0]])
    R = np.eye(3) + K
    if angle != 0:
        R = np.eye(3) + np.sin(angle) / angle * K + (1 - np.cos(angle)) / angle**2 * (K @ K)
    Y = R @ (x - c)
    u = Y[:2] / Y[2]
    square = (u * u).sum()
    return w * (f * u * (1 + k[0] * square + k[1] * square**2) + p - feature)


@pytest.mark.parametrize("rotation", [1.0, 0.0])
def test_ba(rotation):
    n, m, p = 2, 3, 5
    camera, point, weight, feature = RANDOM.random(11), 1 + RANDOM.random(3), 0.7, RANDOM.random(2)
    camera[:3] *= rotation
    numbers = np.array([*camera, *point, weight])
    given = {"n": n, "m": m, "p": p, "cam": camera.tolist(), "x": point.tolist(), "w": weight}
    given["feat"] = feature.tolist()
    found = output("ba", "objective", given)
    assert_same(reprojection(numbers, feature), found["reproj_error"]["elements"])
    assert p == found["reproj_error"]["repeated"]
    assert {"element": 1 - weight**2, "repeated": p} == found["w_err"]

    block = slope(lambda moved: reprojection(moved, feature), numbers)
    found = output("ba", "jacobian", given)
    assert_same([*block.ravel(), -2 * weight], found["vals"])
    places = [*range(11), *range(11 * n, 11 * n + 3), 11 * n + 3 * m]
    assert [*places, *places, 11 * n + 3 * m + p - 1] == found["cols"]
    rows = [*range(0, 15 * (2 * p + 1), 15), *range(30 * p + 1, 30 * p + p + 1)]
    assert [*rows[:30], rows[-1]] == found["rows"]


def test_lstm():
    layers, bits, characters = 2, 4, 6
    at = {
        "main_params": RANDOM.random((2 * layers, 4 * bits)),
        "extra_params": RANDOM.random((3, bits)),
    }
    state = RANDOM.random((2 * layers, bits))
    sequence = RANDOM.integers(0, 2, (characters, bits)).astype(float)

    def loss(main_params, extra_params):
        def s(z):
            return 1 / (1 + np.exp(-z))

        h = [state[2 * layer] + 0j for layer in range(layers)]
        c = [state[2 * layer + 1] + 0j for layer in range(layers)]
        total = 0
        for t in range(characters - 1):
            a = sequence[t] * extra_params[0]
            for layer in range(layers):
                W, B = np.split(main_params[2 * layer], 4), np.split(main_params[2 * layer + 1], 4)
                change = np.tanh(h[layer] * W[3] + B[3])
                into = s(h[layer] * W[1] + B[1])
                c[layer] = c[layer] * s(a * W[0] + B[0]) + into * change
                h[layer] = s(a * W[2] + B[2]) * np.tanh(c[layer])
                a = h[layer]
            y = a * extra_params[1] + extra_params[2]
            total += (sequence[t + 1] * (y - np.log(2 + np.exp(y).sum()))).sum()
        return -total / ((characters - 1) * bits)

    given = {name: value.tolist() for name, value in at.items()}
    given |= {"state": state.tolist(), "sequence": sequence.tolist()}
    assert_same(loss(**at).real, output("lstm", "objective", given))
    slopes = [
        slope(lambda moved, name=name: loss(**{**at, name: moved}), at[name]).ravel() for name in at
    ]
    assert_same(np.concatenate(slopes), output("lstm", "jacobian", given))


@pytest.mark.parametrize(("n", "steps"), [(4, 3), (1, 2), (7, 2)])
def test_ode(n, steps):
    x = 0.5 + RANDOM.random(n)

    def solution(x):
        def f(y):
            return x * np.concatenate([[1], y[:-1]])

        y, h = np.zeros_like(x), 2 / steps
        for _ in range(steps):
            k1 = f(y)
            k2 = f(y + h / 2 * k1)
            k3 = f(y + h / 2 * k2)
            k4 = f(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y

    given = {"x": x.tolist(), "s": steps}
    assert_same(solution(x), output("ode", "primal", given))
    assert_same(slope(lambda moved: solution(moved)[-1], x), output("ode", "gradient", given))


def test_det():
    A = RANDOM.random((5, 5))
    given = {"A": A.ravel().tolist(), "ell": 5}
    assert_same(np.linalg.det(A), output("det", "primal", given))
    cofactors = np.linalg.det(A) * np.linalg.inv(A).T
    assert_same(cofactors.ravel(), output("det", "gradient", given))


def flight(w):
    """Return the square of where the particle meets the axis."""
    x, v = np.array([0.0, 8.0]) + 0 * w, np.array([0.75, 0.0]) + 0 * w
    while (x + 0.1 * v)[1].real > 0:
        force = np.zeros(2) + 0 * w
        for charge in (np.array([10, 10 - w]), np.array([10, 0])):
            away = x - charge
            force += away / (away * away).sum() ** 1.5
        x, v = x + 0.1 * v, v + 0.1 * force
    return (x - x[1] / v[1] * v)[0] ** 2


@pytest.mark.parametrize("modes", ["ff", "fr", "rf", "rr"])
def test_the_flight_of_a_particle_and_its_slope(modes):
    outer, inner = (SLOPES[mode] for mode in modes)
    w = vector("w", 1)
    energy = particle.energy(w, inner)
    at = {"w": np.array([0.3])}
    assert_same(flight(0.3), energy.eval(at))
    assert_same(slope(flight, 0.3), outer(energy, w, 1).eval(at)[0])


def descend(objective, descent, x):
    """Return where the descent that both tasks use ends."""
    rate, taken = 1e-5, 0
    while np.linalg.norm(descent(x)) > 1e-5:
        if taken == 10:
            rate, taken = 2 * rate, 0
            continue
        to = x - rate * descent(x)
        if np.linalg.norm(to - x) <= 1e-5:
            break
        falls = objective(to) < objective(x)
        x, rate, taken = (to, rate, taken + 1) if falls else (x, rate / 2, 0)
    return x


@pytest.mark.parametrize("mode", ["f", "r"])
def test_a_descent_ends_where_it_does_in_plain_python_and_can_be_differentiated(mode):
    p, start = vector("p", 2), vector("start", 2)

    def bowl(x):
        return chainrule.sum((x - p) ** 2 * np.array([1.0, 3.0]))

    at = {"p": np.array([0.5, -1.0]), "start": np.array([1.0, 1.0])}
    found = argmin(bowl, start, SLOPES[mode], 2)
    expected = descend(
        lambda x: ((x - at["p"]) ** 2 * [1, 3]).sum(),
        lambda x: 2 * (x - at["p"]) * [1, 3],
        at["start"],
    )
    assert_same(expected, found.eval(at))
    # What is left of the start in the end falls as the end comes nearer to p.
    by_p, by_start = jacobian(found, at, "p"), jacobian(found, at, "start")
    assert np.allclose(np.eye(2), by_p + by_start, atol=1e-12)
    assert_same((expected - at["p"]) / (at["start"] - at["p"]), np.diag(by_start))


@pytest.mark.long
@pytest.mark.parametrize("modes", ["ff", "fr", "rf", "rr"])
def test_particle(modes):
    assert 0.2071918746486116 == pytest.approx(output("particle", modes, {"w": 0.0}), rel=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("modes", ["ff", "fr", "rf", "rr"])
def test_saddle(modes):
    found = output("saddle", modes, {"start": [1.0, 1.0]})
    assert [8.246324826140356e-06] * 4 == pytest.approx(found, rel=1e-9)


def test_a_function_runs_as_often_and_as_long_as_it_is_asked_to():
    message = {"id": 1, "kind": "evaluate", "module": "lse", "function": "primal"}
    often = answer_to({**message, "input": {"x": [1.0, 2.0], "min_runs": 5, "min_seconds": 0}})
    assert 5 == len(often["timings"])
    long = answer_to({**message, "input": {"x": [1.0, 2.0], "min_runs": 1, "min_seconds": 0.01}})
    assert sum(timing["nanoseconds"] for timing in long["timings"]) >= 1e7


def test_what_goes_wrong_is_answered_and_does_not_end_the_talk():
    told = [
        {"id": 0, "kind": "start", "eval": "hello"},
        {"id": 1, "kind": "define", "module": "ht"},
        {"id": 2, "kind": "define", "module": "hello"},
        {"id": 3, "kind": "evaluate", "module": "hello", "function": "cube", "input": 1.0},
        {"id": 4, "kind": "analysis", "of": 3, "valid": False},
    ]
    found = [json.loads(line) for line in answers(json.dumps(message) for message in told)]
    assert {"id": 0, "tool": "chainrule"} == found[0]
    assert not found[1]["success"]
    assert "'ht' is not defined here" in found[1]["error"]
    assert {"id": 2, "success": True} == found[2]
    assert "no function 'cube', only square, double" in found[3]["error"]
    assert {"id": 4} == found[4]


def test_every_task_is_defined():
    for module in MODULES:
        assert answer_to({"id": 1, "kind": "define", "module": module})["success"]


def test_it_talks_line_by_line_through_pipes():
    messages = [
        {"id": 0, "kind": "start", "eval": "hello"},
        {"id": 1, "kind": "evaluate", "module": "hello", "function": "square", "input": 4.0},
    ]
    told = io.StringIO()
    told.writelines(json.dumps(message) + "\n" for message in messages)
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.gradbench"],
        cwd=ROOT,
        input=told.getvalue(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert [0, 1] == [json.loads(line)["id"] for line in found.stdout.splitlines()]
    assert 16.0 == json.loads(found.stdout.splitlines()[1])["output"]
