"""What is kept from one call to the next does not grow without bound."""

from chainrule import clip, hvp, parse
from chainrule.engine.compiled import compiled_of
from chainrule.engine.program import MOST_CHOICES
from chainrule.language.composition import MOST_MEANINGS, Meaning, composed


def test_gradients_by_many_choices_of_variables_are_not_all_kept():
    formula = parse(" * ".join(f"v{number}" for number in range(30)))
    values = dict.fromkeys(formula.variables, 1.0)
    for name in formula.variables:
        assert {name: 0.0} == hvp(formula, values, {name: 1.0})
    kept = [key for key in compiled_of(formula).program.notes if "gradient" in str(key)]
    assert 1 <= len(kept) <= MOST_CHOICES


def test_meanings_for_many_attributes_are_not_all_kept():
    class shifted(composed):
        keywords = {"by": 0.0}
        samples = ((2.0,),)

        def meaning(x, by):
            return clip(x, by, by + 1)

    known = Meaning(shifted)
    for number in range(3 * MOST_MEANINGS):
        known.over(1, (float(number),))
    assert MOST_MEANINGS == len(known.known)
    assert known.over(1, (7.0,)) is known.over(1, (7.0,))
