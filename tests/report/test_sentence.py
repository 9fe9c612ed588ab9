"""Sentences: texts in every way, whose numbers can be reached."""

import copy
import json
import pickle

import numpy as np
import pytest

from chainrule.report.sentence import Sentence, joined

SAID = Sentence("{count:,} rows{how}", count=1_200, how=Sentence(", within {by:.1e}", by=0.001))


def test_it_is_the_text_that_it_reads_as():
    assert SAID == "1,200 rows, within 1.0e-03"
    assert hash(SAID) == hash(str(SAID))
    assert json.dumps([SAID]) == '["1,200 rows, within 1.0e-03"]'


def test_its_numbers_are_fields():
    assert SAID.fields["count"] == 1_200
    assert SAID.fields["how"].fields["by"] == 0.001
    with pytest.raises(TypeError):
        SAID.fields["count"] = 1


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_it_comes_back_with_its_fields(again):
    found = again(SAID)
    assert (found, found.template, found.fields["how"].fields["by"]) == (SAID, SAID.template, 0.001)


def test_numbers_and_arrays_are_written_as_people_read_them():
    said = Sentence("{one!n}, {many!n:>12}, {word!r}", one=2 / 3, many=np.arange(2.0), word="{x}")
    assert said == "0.666667,       [0, 1], '{x}'"


def test_names_may_hold_braces():
    assert joined(["{a}", Sentence("{name} is {n}", name="b{0}", n=1)], "; ") == "{a}; b{0} is 1"


def test_joining_nothing_is_empty():
    assert joined([]) == ""
