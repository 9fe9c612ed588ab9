"""The table of calls: ours give what PyTorch's do, installed here or as it once answered."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from tests.parity import of_ours, reference, walk
from tests.parity.calls import FIXED, OPERANDS, names_in
from tests.parity.missing import MISSING
from tests.parity.table import CALLS, GROUPS

import chainrule

ROOT = Path(__file__).parents[2]
# Of the largest element: of values, of products with the Jacobian, and with the Hessian.
TOLERANCE = {"values": 1e-12, "vjp": 1e-10, "hvp": 1e-8}
STEP = 1e-5
STORED, VERSION = reference.load()


@pytest.fixture(scope="module")
def ask():
    """Return a function that gives PyTorch's answers: its own if it is here, else those stored."""
    if importlib.util.find_spec("torch") is None:
        return lambda call: STORED[call.torch]
    from tests.parity import of_torch

    return of_torch.answers


def assert_alike(expected, found, tolerance):
    assert expected.shape == found.shape
    finite = np.isfinite(expected)
    assert np.array_equal(expected[~finite], found[~finite], equal_nan=True)
    largest = np.max(np.abs(expected[finite]), initial=0.0)
    assert np.max(np.abs(expected - found)[finite], initial=0.0) <= tolerance * largest


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.torch)
def test_a_call_gives_what_pytorchs_does(call, ask):
    expected, found = ask(call), of_ours.answers(call)
    assert expected.keys() == found.keys()
    for kind, tolerance in TOLERANCE.items():
        pairs = zip(expected.get(kind, []), found.get(kind, []), strict=True)
        for theirs, ours in pairs:
            assert_alike(theirs, ours, tolerance)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if call.order], ids=lambda call: call.torch
)
def test_slopes_are_those_of_finite_differences(call):
    told = of_ours.answers(call)
    moves = call.direction()
    along = sum(np.sum(slope * moves[n]) for n, slope in zip(call.wrt, told["vjp"], strict=True))
    assert along == pytest.approx(of_ours.difference(call, moves, STEP), rel=2e-5, abs=2e-7)


def test_the_table_is_large_and_every_call_stands_in_it_once():
    texts = [call.torch for call in CALLS]
    assert 370 <= len(texts)
    assert len(set(texts)) == len(texts)
    assert len({group.title for group in GROUPS}) == len(GROUPS)
    assert set(STORED) == set(texts), "run python -m tests.parity.reference --write"
    assert VERSION


def test_every_operand_is_taken_and_both_texts_take_the_same():
    known = {**OPERANDS, **FIXED}
    taken = {name for call in CALLS for name in names_in(call.torch, known)}
    assert taken == set(known)


def test_what_is_listed_as_missing_is_missing():
    bare = {name for name in walk.missing() if "." not in name}
    elsewhere = {"equal", "gradient"}  # of whole tensors, and of samples, at PyTorch's
    assert not (bare & set(dir(chainrule))) - elsewhere
    assert not walk.missing() & walk.compared()
    assert sum(len(names.split()) for _, rows in MISSING for names, _ in rows) == len(
        walk.missing()
    )


def test_every_name_of_pytorchs_is_compared_or_listed():
    torch = pytest.importorskip("torch")
    assert [] == walk.unaccounted(torch)


def test_the_page_is_up_to_date():
    page = (ROOT / "docs" / "pytorch.md").read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location("page", ROOT / "scripts" / "write_pytorch.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.page() == page, "run scripts/write_pytorch.py"
