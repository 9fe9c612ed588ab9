"""Random inputs without end: new ones in every run, each failure with the seed that repeats it.

make fuzz                          a few minutes
make fuzz CHAINRULE_FUZZ=1000000   as many formulas as that
"""

import os
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import constants, expressions, names
from tests.test_random_expressions import check

from chainrule import expression, parse
from chainrule.errors import ParseError

pytestmark = pytest.mark.fuzz

FORMULAS = int(os.environ.get("CHAINRULE_FUZZ", "20000"))
BATCHES = 20
FUZZ = settings.get_profile("fuzz")
TOKENS = st.sampled_from(
    re.findall(
        r"\S+",
        "x y 1 2.5e3 - + * ** / ( ) [ ] , := = : & < >= sin( sum( array([ axis `a` ... None ~ @ .",
    )
)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_new_random_formulas_agree_with_mpmath_and_with_themselves(batch):
    seed = random.SystemRandom().randrange(10**15)
    print(f"batch {batch}: seeds from {seed}")
    for number in range(FORMULAS // BATCHES):
        check(seed + number)


@FUZZ
@given(expressions())
def test_every_text_reads_back_to_the_same_graph(e):
    assert e is parse(e.to_text(limit=10_000), limit=10**6)


@FUZZ
@given(constants())
def test_every_number_reads_back_to_the_same_bits(e):
    assert e is parse(str(e))


@FUZZ
@given(names())
def test_every_name_reads_back(name):
    assert name == parse(str(expression(name))).name


@FUZZ
@given(st.text() | st.lists(TOKENS, max_size=25).map(" ".join))
def test_any_text_is_a_graph_or_a_parse_error(text):
    try:
        found = parse(text)
    except ParseError as error:
        column = error.column
    else:
        assert found is parse(found.to_text(limit=10_000))
        column = 1
    assert 1 <= column <= len(text) + 1
