"""Runs that are cut off and gone on with: the same bits, and nothing lost on the way."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.optimize.killed_run import DATA, NETWORK, RUNS, START

from chainrule import Checkpoint, expression, mean, minimize, resume
from chainrule.errors import FileFormatError, SettingError
from chainrule.optimize.methods import METHODS
from chainrule.optimize.methods.method import Method
from chainrule.optimize.running.trace import Trace
from chainrule.optimize.saving.archive import decoded, encoded, read_document, write_document
from chainrule.optimize.schedules import LambdaLR

x, y, b = expression("x"), expression("y"), expression("b")
BOWL = x**2 + 10 * y**2
CORNER = {"x": 3.0, "y": 1.0}


class Killed(BaseException):
    """Ends a run at once, as a signal would."""


def assert_same_bits(expected: Trace, actual: Trace) -> None:
    for name in ("loss", "gradient_norm", "rate", "kept", "path"):
        np.testing.assert_array_equal(getattr(expected, name), getattr(actual, name), err_msg=name)
    assert (expected.validation_loss is None) == (actual.validation_loss is None)
    if expected.validation_loss is not None:
        np.testing.assert_array_equal(expected.validation_loss, actual.validation_loss)
    assert (expected.status, expected.message) == (actual.status, actual.message)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("name", [*RUNS])
def test_a_run_killed_again_and_again_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    loss, start, data, options, again = RUNS[name]
    path = tmp_path / "run.json"
    script = Path(__file__).with_name("killed_run.py")
    root = Path(__file__).parents[2]
    for epochs in np.random.default_rng(len(name)).integers(1, 20, size=2):
        with subprocess.Popen(
            [sys.executable, str(script), name, str(path)], stdout=subprocess.PIPE, cwd=root
        ) as run:
            for _ in range(epochs):
                if not run.stdout.readline():
                    break
            run.send_signal(signal.SIGKILL)
    actual = resume(path, loss, data, **again)
    assert_same_bits(minimize(loss, start, data, **copy.deepcopy(options)), actual)


@pytest.mark.parametrize("name", [*METHODS])
def test_every_method_goes_on_to_the_same_bits(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    options = {"method": name, "batch_size": 9, "random_state": 2}
    minimize(NETWORK, START, DATA, n_epochs=4, checkpoint=path, **options)
    actual = resume(path, NETWORK, DATA, n_epochs=9)
    assert_same_bits(minimize(NETWORK, START, DATA, n_epochs=9, **options), actual)


def test_an_interrupted_run_goes_on_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    def interrupt(entry: object) -> None:
        if entry.epoch == 5:
            raise KeyboardInterrupt

    first = minimize(BOWL, CORNER, method="adam", n_epochs=20, checkpoint=path, callback=interrupt)
    assert first.status == "interrupted"
    seen = []
    actual = resume(path, BOWL, callback=lambda entry: seen.append(entry.epoch))
    assert [*range(6, 21)] == seen
    assert_same_bits(minimize(BOWL, CORNER, method="adam", n_epochs=20), actual)


def test_a_run_that_has_ended_is_given_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    whole = minimize(BOWL, CORNER, checkpoint=path)
    assert_same_bits(whole, resume(path, BOWL))
    exploded = minimize(BOWL, CORNER, learning_rate=1.0, n_epochs=900, checkpoint=path)
    assert exploded.status == "diverged"
    assert_same_bits(exploded, resume(path, BOWL))


def test_writing_leaves_a_whole_checkpoint_whatever_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    for count in range(20):
        calls = iter(range(100))

        def fails(real, calls=calls, count=count):
            def call(*arguments, **options):
                if next(calls) == count:
                    raise Killed
                return real(*arguments, **options)

            return call

        minimize(BOWL, CORNER, n_epochs=3, checkpoint=path)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails(os.fsync))
            for step in ("replace", "hardlink_to"):
                patch.setattr(Path, step, fails(getattr(Path, step)))
            try:
                minimize(BOWL, CORNER, n_epochs=3, checkpoint=path)
            except Killed:
                pass
            else:
                break
        found = resume(path, BOWL, n_epochs=3)
        assert len(found) == 4
    assert count > 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.json", "run.json.previous"]


def test_links_are_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "run.json"
    minimize(BOWL, CORNER, n_epochs=3, checkpoint=Checkpoint(path, every_epochs=1))
    assert len(resume(f"{path}.previous", BOWL)) in (3, 4)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "changed":
        place = content.index(b'"base64": "') + 20
        content = content[:place] + (b"A" if content[place] != 65 else b"B") + content[place + 1 :]
    path.write_bytes({"empty": b"", "cut": content[: len(content) // 2]}.get(how, content))
    if how == "other":
        write_document(path, {"format": "chainrule trace", "version": 1})
    if how == "newer":
        write_document(path, {"format": "chainrule checkpoint", "version": 2})
    if how == "bytes":
        path.write_bytes(b"\xff\xfe")
    if how == "hollow":
        write_document(path, {"format": "chainrule checkpoint", "version": 1})


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("empty", "run.json is refused: it is empty"),
        ("cut", "its end is missing: it was cut short"),
        ("changed", "its checksum does not come out"),
        ("other", "it does not say that its format is 'chainrule checkpoint'"),
        ("newer", "it is of version 2"),
        ("bytes", "it is no text"),
        ("hollow", "its 'loss_sha256' is None"),
    ],
)
def test_a_damaged_checkpoint_is_refused_and_the_one_before_named(
    how: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    whole = minimize(
        BOWL, CORNER, method="adam", n_epochs=5, checkpoint=Checkpoint(path, every_epochs=1)
    )
    damage(path, how)
    with pytest.raises(FileFormatError, match=words) as refused:
        resume(path, BOWL)
    if how != "hollow":
        assert f"resume('{path}.previous', loss, data) goes on from epoch" in str(refused.value)
    assert_same_bits(whole, resume(f"{path}.previous", BOWL))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("vector",), np.zeros(2)),
        (("state",), {"1.count": 1.5}),
        (("random", "state"), []),
        (("random", "bit_generator"), "Popen"),
        (("bounds", "low"), np.zeros(3)),
        (("data_sha256", "X"), np.zeros(3)),
        (("plan", "batch_size"), 10**9),
        (("plan", "early"), {"patience": -1}),
        (("entries", "figures"), np.zeros((2, 5))),
        (("entries", "kept"), np.array([0, 9])),
        (("rates", "state"), {"name": "ConstantRate", "rate": 0.125}),
        (("epoch",), -1),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_a_checkpoint_that_contradicts_itself_is_refused(
    place: tuple[str, ...], value: object, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    loss, start, data, options, again = copy.deepcopy(RUNS["clipped nesterov"])
    minimize(loss, start, data, checkpoint=path, **options | {"n_epochs": 2})
    document = read_document(path, "chainrule checkpoint", 1)
    owner = document
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    write_document(path, document)
    with pytest.raises((FileFormatError, SettingError)):
        resume(path, loss, data, n_epochs=4, **again)


def test_a_checkpoint_of_another_loss_or_other_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    loss = mean((x - b) ** 2)
    minimize(loss, {"b": 0.0}, {"x": [1.0, 2.0]}, n_epochs=3, checkpoint=path)
    with pytest.raises(FileFormatError, match=r"it is of another loss: .* not mean"):
        resume(path, mean((x - b) ** 4), {"x": [1.0, 2.0]})
    with pytest.raises(FileFormatError, match=r"the data are not those .*: 'x' differs"):
        resume(path, loss, {"x": [1.0, 2.5]})
    with pytest.raises(FileFormatError, match="begun without validation data"):
        resume(path, loss, {"x": [1.0, 2.0]}, validation={"x": [1.0]})
    with pytest.raises(SettingError, match="n_epochs is 2, and the run is at epoch 3 already"):
        resume(path, loss, {"x": [1.0, 2.0]}, n_epochs=2)
    with pytest.raises(SettingError, match=r"begun with gradient_descent.*, not adam"):
        resume(path, loss, {"x": [1.0, 2.0]}, method="adam")
    assert len(resume(path, loss, {"x": [1.0, 2.0]}, n_epochs=4)) == 5


def test_a_run_that_has_not_ended_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    def interrupt(entry: object) -> None:
        raise KeyboardInterrupt

    minimize(BOWL, CORNER, n_epochs=9, checkpoint=path, callback=interrupt)
    with pytest.raises(SettingError, match=r"has not ended, at epoch 1\.\n  resume\("):
        minimize(BOWL, CORNER, n_epochs=9, checkpoint=path)
    other = tmp_path / "thesis.json"
    other.write_text('{"chapters": 9}')
    with pytest.raises(SettingError, match="no whole checkpoint"):
        minimize(BOWL, CORNER, n_epochs=9, checkpoint=other)
    assert other.read_text() == '{"chapters": 9}'
    assert len(resume(path, BOWL)) == 10


def test_code_of_yours_is_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    rates = LambdaLR(0.05, lambda epoch: 1 / (1 + epoch))
    mine = Method("mine", lambda p: {"count": 0}, lambda g, s, p, r: (-r * g, s))
    options = {"method": mine, "learning_rate": rates}
    minimize(BOWL, CORNER, n_epochs=4, checkpoint=path, **options)
    with pytest.raises(SettingError, match=r"holds code.* resume\(..., method=...\)"):
        resume(path, BOWL, n_epochs=8)
    with pytest.raises(SettingError, match=r"resume\(..., learning_rate=...\)"):
        resume(path, BOWL, n_epochs=8, method=mine)
    actual = resume(path, BOWL, n_epochs=8, **options)
    assert_same_bits(minimize(BOWL, CORNER, n_epochs=8, **options), actual)


def test_a_log_goes_on_on_a_line_of_its_own(tmp_path: Path) -> None:
    path, log = tmp_path / "run.json", tmp_path / "run.jsonl"
    minimize(BOWL, CORNER, n_epochs=2, checkpoint=path, log=log)
    with log.open("a") as stream:
        stream.write('{"epoch": 3, "lo')
    resume(path, BOWL, n_epochs=4, log=log)
    lines = log.read_text().splitlines()
    assert [3, 4] == [json.loads(line)["epoch"] for line in lines[-3:-1]]


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_generator_goes_on_where_it_was(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    def seeded() -> np.random.Generator:
        return np.random.Generator(getattr(np.random, kind)(1))

    options = {"learning_rate": 0.1, "batch_size": 9}
    minimize(NETWORK, START, DATA, n_epochs=2, checkpoint=path, random_state=seeded(), **options)
    actual = resume(path, NETWORK, DATA, n_epochs=4)
    whole = minimize(NETWORK, START, DATA, n_epochs=4, random_state=seeded(), **options)
    assert_same_bits(whole, actual)


def test_what_is_written_comes_back_to_the_bit() -> None:
    value = {
        "array": np.array([[0.1, -0.0], [np.nan, np.inf]]),
        "empty": np.zeros((0, 3)),
        "numbers": [1, 2**127, -0.0, float("inf"), 5e-324],
        "words": ["é", None, True],
    }
    found = decoded(json.loads(json.dumps(encoded(value))))
    np.testing.assert_array_equal(value["array"], found["array"])
    assert np.signbit(found["array"][0, 1])
    assert found["empty"].shape == (0, 3)
    assert str(value["numbers"]) == str(found["numbers"])
    assert value["words"] == found["words"]


@pytest.mark.parametrize(
    "array",
    [
        {"array": "<f8", "shape": [3], "base64": "AAAA"},
        {"array": "|O", "shape": [1], "base64": "AAAAAAAAAAA="},
        {"array": "<f8", "shape": ["1"], "base64": "AAAAAAAAAAA="},
        {"array": "<f8", "shape": [1], "base64": "%%%"},
        {"array": "<f8", "shape": None, "base64": ""},
    ],
)
def test_what_is_no_array_is_refused(array: object) -> None:
    with pytest.raises(FileFormatError):
        decoded({"vector": array})
