"""The matrix of operations and what each must say has no hole."""

import pytest
from tests.words import our_operations

from chainrule.engine.notation import Notation
from chainrule.language.arrays.softmaxes import log_sum_exp_along
from chainrule.language.kinds import operation

OURS = our_operations()
PRIMITIVE_ELEMENTWISE = [
    item for item in OURS.values() if item.is_elementwise and item.meaning is None
]


def test_there_are_few_primitives():
    assert len(PRIMITIVE_ELEMENTWISE) <= 60
    assert 1.2 * len(PRIMITIVE_ELEMENTWISE) < len(OURS)


@pytest.mark.parametrize("item", OURS.values(), ids=OURS)
class TestEveryOperation:
    def test_is_documented_in_its_own_words(self, item):
        assert item.__doc__
        assert item.__doc__ != operation.__doc__

    def test_has_a_notation(self, item):
        assert isinstance(item.notation, Notation)
        assert item.notation.name or item.notation.operator

    def test_has_points_to_be_tested_at(self, item):
        assert item.samples
        for sample in item.samples:
            least, most = item.arity
            assert isinstance(sample, tuple)
            operands = [operand for operand in sample if not isinstance(operand, dict)]
            assert least <= len(operands)
            assert most is None or len(operands) <= most

    def test_has_a_value(self, item):
        assert item.forward is not None or item.meaning is not None

    def test_has_a_derivative_in_both_directions(self, item):
        if item.is_elementwise:
            assert item.partials is not None
        else:
            assert item.pull is not None
            assert item.push is not None

    def test_says_its_shape(self, item):
        assert callable(item.shape)


@pytest.mark.parametrize("item", PRIMITIVE_ELEMENTWISE, ids=lambda item: item.__name__)
def test_a_primitive_is_spelled_for_generated_code_or_has_numpys_value(item):
    spelled = item.spell.get("python")
    assert spelled is None or "{0}" in spelled
    assert spelled is not None or callable(item.forward)


def test_names_and_operators_are_used_once():
    # Of one operand logsumexp is a fold, of several an elementwise operation.
    names = [
        item.notation.name
        for item in OURS.values()
        if item.notation.name and item is not log_sum_exp_along
    ]
    symbols = [
        (item.notation.operator, item.notation.operands)
        for item in OURS.values()
        if item.notation.operator
    ]
    assert len(set(names)) == len(names)
    assert len(set(symbols)) == len(symbols)
