"""What a user types first finds methods, solvers, schedules and transforms."""

from __future__ import annotations

import pytest

import chainrule
from chainrule import optimize
from chainrule.optimize import methods, schedules, solvers
from chainrule.optimize.methods import transforms


@pytest.mark.parametrize("package", [chainrule, optimize])
def test_makers_are_found_at_the_first_guess(package) -> None:
    made = [*methods.METHODS.values(), *solvers.SOLVERS.values(), *schedules.SCHEDULES.values()]
    made += [transforms.chain, transforms.clip_by_norm, transforms.clip_by_value]
    for maker in made:
        assert maker is getattr(package, maker.__name__)
        assert maker.__name__ in dir(package)


def test_a_module_keeps_its_name_among_them() -> None:
    assert optimize.minimize is chainrule.minimize
    with pytest.raises(AttributeError, match="has no attribute 'adm'"):
        optimize.adm
