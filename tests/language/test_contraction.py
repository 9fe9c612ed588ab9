"""Einstein sums: values as in NumPy, derivatives against differences, refusals in words."""

import sys
import types

import numpy as np
import pytest

import chainrule
from chainrule import check_gradient, einsum, expression, parse
from chainrule.engine.sizes import UNKNOWN, Size
from chainrule.errors import OperationError, ShapeError
from chainrule.language.matrices import contraction, pairing

RANDOM = np.random.default_rng(11)
NAMES = ("a", "b", "c", "d")
SUMS = [
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ii", (3, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("ij->", (2, 3)),
    ("ji", (2, 3)),
    ("ij,ij->i", (2, 3), (2, 3)),
    ("i,j", (2,), (3,)),
    (",ij", (), (2, 3)),
    ("bij,bjk->bik", (1, 2, 3), (2, 3, 1)),
    ("...ij,...j->i...", (2, 1, 2, 3), (4, 3)),
    ("iij,j->i", (2, 2, 3), (3,)),
    ("ij,k->i", (2, 3), (4,)),
    ("i,i,i", (4,), (4,), (1,)),
    ("ij,jk,kl,l->i", (2, 3), (3, 4), (4, 2), (2,)),
    ("aij,ajk,akl->ail", (2, 3, 2), (2, 2, 3), (2, 3, 1)),
    ("ij,jk->ik", (0, 3), (3, 2)),
]


def applied(subscripts, shapes):
    values = {name: RANDOM.normal(size=shape) for name, shape in zip(NAMES, shapes, strict=False)}
    return einsum(subscripts, *map(expression, values)), values


@pytest.mark.parametrize(("subscripts", "shapes"), [(text, shapes) for text, *shapes in SUMS])
def test_a_sum_has_numpys_value_and_the_right_gradient(subscripts, shapes):
    formula, values = applied(subscripts, shapes)
    expected = np.einsum(subscripts, *values.values())
    found = formula.eval(values)
    assert np.shape(expected) == np.shape(found)
    assert np.allclose(expected, found, rtol=1e-13, atol=1e-13)
    assert check_gradient(chainrule.sum(formula * formula), values).ok
    assert expected.shape == type(formula).shape(*shapes, *formula.attributes)
    assert parse(str(formula)) is formula


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ii,ij->j", [(3, 3), (3, 2)]),
        ("...ij,jk->...k", [(2, 2, 3), (3, 2)]),
        ("i...->...", [(2, 3)]),
    ],
)
def test_a_sum_is_differentiated_twice_as_nodes(subscripts, shapes):
    formula, values = applied(subscripts, shapes)
    inner = chainrule.sum(chainrule.gradient(chainrule.sum(formula**3))["a"] ** 2)
    assert check_gradient(inner, values).ok


def test_an_ellipsis_that_the_output_lacks_is_summed():
    values = RANDOM.normal(size=(2, 3, 4))
    formula = einsum("...i->i", expression("a"))
    assert np.allclose(values.sum((0, 1)), formula.eval({"a": values}), rtol=1e-14)
    assert check_gradient(chainrule.sum(formula**2), {"a": values}).ok


def test_a_sum_is_written_as_in_a_textbook():
    A, B = expression("A"), expression("B")
    assert r"\sum_{j} {A}_{i j} \, {B}_{j k}" == einsum("ij,jk", A, B).to_latex()
    assert "einsum('ij,jk->ik', A, B)" == str(einsum(" ij, jk ", A, B))
    assert einsum("ij,jk", A, B) is np.einsum("ij,jk->ik", A, B, optimize=True)


def test_single_precision_stays_single():
    ones = np.ones((2, 2), np.float32)
    assert np.float32 == einsum("ij,jk", ones, ones).dtype
    found = chainrule.sum(einsum("ii->i", expression("a"))).diff({"a": ones}, "a")
    assert np.float32 == found.dtype
    assert np.array_equal(np.eye(2), found)


def test_numbers_that_are_not_finite_go_through_as_they_are():
    assert [np.inf, 2.0] == einsum("ij,j", [[1.0, np.inf], [2.0, 0.0]], [1.0, 1.0]).tolist()
    assert np.isnan(einsum("i,i", [0.0, 1.0], [np.inf, 1.0]))


def test_sizes_follow_from_letters_before_there_are_values():
    n, shape = Size("n"), contraction.contraction.shape
    assert (n, 4) == shape((n, 3), (3, 4), "ij,jk->ik")
    assert (2, n) == shape((2, UNKNOWN), (UNKNOWN, n), "ij,jk->ik")
    assert (5, n, 3) == shape((1, n, 3), (5, 1, 3), "...j,...j->...j")
    with pytest.raises(ShapeError, match=r"'j' has size 3 along axis 1 of operand 1.*n along"):
        shape((2, 3), (n,), "ij,j->i")


@pytest.mark.parametrize(
    ("subscripts", "words"),
    [
        ("ij,jk->iz", "names 'z', which no operand has"),
        ("ij,jk->ii", "names 'i' twice"),
        ("i!,j", "'i!' is not made of letters"),
        ("ij->...", "has '...', which no operand has"),
        ("ij", "names 1 operand, and 2 are given"),
        (3, "they are no text"),
    ],
)
def test_subscripts_that_say_nothing_are_refused(subscripts, words):
    with pytest.raises(OperationError, match=words):
        einsum(subscripts, expression("A"), expression("B"))


def test_shapes_that_do_not_fit_are_named():
    A, B = np.ones((2, 3)), np.ones((4, 5))
    with pytest.raises(ShapeError, match=r"3 along axis 1 of operand 1, of shape \(2, 3\), and 4"):
        einsum("ij,jk", A, B)
    with pytest.raises(ShapeError, match="operand 1 has 2 axes, and its subscripts 'i' name 1"):
        einsum("i->i", A)
    with pytest.raises(ShapeError, match="operand 1, of shape"):
        einsum("ii", A)


def test_the_path_is_that_of_opt_einsum_where_it_is_installed(monkeypatch):
    asked = []

    def contract_path(subscripts, *operands):
        asked.append((subscripts, [operand.shape for operand in operands]))
        return [(1, 2), (0, 1)], ""

    monkeypatch.setitem(
        sys.modules, "opt_einsum", types.SimpleNamespace(contract_path=contract_path)
    )
    pairing.path_of.cache_clear()
    factors = [RANDOM.normal(size=shape) for shape in ((2, 3), (3, 4), (4, 5))]
    found = einsum("pq,qr,rs->ps", *factors)
    pairing.path_of.cache_clear()
    assert [("ab,bc,cd->ad", [(2, 3), (3, 4), (4, 5)])] == asked
    assert np.allclose(np.linalg.multi_dot(factors), found, rtol=1e-13)
