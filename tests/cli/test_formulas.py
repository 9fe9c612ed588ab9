"""`eval` and `diff`: numbers and formulas, values from options and files, and bad input."""

import math

import pytest

from chainrule.tables import read_table, write_table

POINT = ("--at", "x=1", "--at", "y=2", "--at", "z=3")
G = "sin((x + y)*z)"


class TestEval:
    def test_it_prints_the_number_alone(self, run):
        assert (0, f"{math.sin(9.0)!r}\n", "") == run("eval", G, *POINT)

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (["x=2"], "2.0"),
            ([" x = 2 "], "2.0"),
            (["x=-2.5e-3"], "-0.0025"),
            (["x=pi/2"], repr(math.pi / 2)),
            (["x=max_y", "--at", "max_y=1"], None),
            (["x=inf"], "inf"),
            (["x=-nan"], "nan"),
            (["x=1_000"], "1000.0"),
            (["`x`=3"], "3.0"),
            (["x=hypot(3, 4)"], "5.0"),
        ],
    )
    def test_values_are_numbers_or_arithmetic(self, run, given, expected):
        ran = run("eval", "x", "--at", *given)
        assert (2, "") == ran[:2] if expected is None else (0, f"{expected}\n") == ran[:2]

    def test_values_may_share_an_option_or_be_several(self, run):
        assert "4.0\n6.0\n" == run("eval", "x + y", "--at", "x=[1, 2],y=[3, 4]").out
        assert "1.0 2.0\n3.0 4.0\n" == run("eval", "x", "--at", "x=[[1, 2], [3, 4]]").out

    def test_a_name_that_is_no_identifier_stands_in_backticks(self, run):
        ran = run("eval", "`petal = a, (cm)` / 2", "--at", "`petal = a, (cm)`=3,x=1")
        assert (0, "1.5\n") == ran[:2]
        assert "warning: `petal = a, (cm)`/2 has no variable 'x'" in ran.err

    @pytest.mark.parametrize("formula", ["-x", "-x*x + 6", "-(x)", "--", "-h"])
    def test_a_formula_may_begin_with_a_minus(self, run, formula):
        expected = {"-x": "-2.0\n", "-x*x + 6": "2.0\n", "-(x)": "-2.0\n"}
        ran = run("eval", formula, "--at", "x=2")
        if formula in expected:
            assert (0, expected[formula], "") == ran
        else:
            assert ran.code == (0 if formula == "-h" else 2)

    def test_a_comparison_is_a_truth_value(self, run):
        assert "True\n" == run("eval", "x < 3", "--at", "x=2").out
        assert run("eval", "x < 3", "--at", "x=2", "--json").document["value"] is True

    def test_columns_of_a_file_give_a_value_a_row(self, run, houses):
        assert (
            "25.0\n80.0/3\n20.0\n".replace("80.0/3", repr(80 / 3))
            == run("eval", "size / rooms", "--data", houses).out
        )

    def test_columns_and_options_mix_and_the_option_goes_first(self, run, houses):
        formula = "mean((price - (m*size + b))**2)"
        ran = run("eval", formula, "--data", houses, "--at", "m=2,b=0", "--json")
        assert {"formula": formula, "value": 2 / 3} == pytest.approx(ran.document)
        assert "2.0\n" == run("eval", "size", "--data", houses, "--at", "size=2").out

    @pytest.mark.parametrize("suffix", [".parquet", ".feather", ".tsv"])
    def test_other_formats_serve_as_well(self, run, houses, suffix):
        path = houses.with_suffix(suffix)
        write_table(path, read_table(houses, ["size", "rooms"]))
        ran = run("eval", "sum(size)", "--data", path)
        assert (0, "230.0\n", "") == ran

    def test_json_says_what_has_no_number(self, run):
        ran = run("eval", "1/x", "--at", "x=[0, 2, -0.0, nan]".replace("nan", "NaN"), "--json")
        assert ["Infinity", 0.5, "-Infinity", "NaN"] == ran.document["value"]
        assert {"real": 0.0, "imag": 1.0} == run("eval", "1j*x", "--at", "x=1", "--json").document[
            "value"
        ]


class TestDiff:
    def test_all_partials_stand_on_lines_of_their_own(self, run):
        ran = run("diff", "x**2 * long", "--at", "x=3,long=5")
        assert (0, "x     30.0\nlong  9.0\n", "") == ran

    @pytest.mark.parametrize("name", [["x"], ["--wrt", "x"]])
    def test_one_name_gives_its_number_alone(self, run, name):
        assert (0, f"{3 * math.cos(9.0)!r}\n", "") == run("diff", G, *name, *POINT)

    def test_without_values_the_derivative_is_a_formula(self, run):
        assert (0, "cos((x + y)*z)*z\n", "") == run("diff", G, "x")
        ran = run("diff", G)
        assert ["x", "y", "z"] == [line.split("  ")[0] for line in ran.out.splitlines()]
        symbolic = run("diff", G, "--symbolic", "--json").document
        assert symbolic == run("diff", G, "--json").document
        assert "cos((x + y)*z)*(x + y)" == symbolic["derivatives"]["z"]

    def test_json_has_the_value_and_the_partials(self, run):
        expected = {"formula": "x*y", "value": 6.0, "derivatives": {"x": 3.0, "y": 2.0}}
        assert expected == run("diff", "x*y", "--at", "x=2,y=3", "--json").document

    def test_higher_orders(self, run):
        assert "6*x\n" == run("diff", "x**3", "x", "--order", 2).out
        assert "12.0\n" == run("diff", "x**3", "x", "--order", 2, "--at", "x=2").out
        assert 2 == run("diff", "x**3", "--order", 2, "--json").document["order"]

    def test_columns_of_a_file_give_derivatives_a_row(self, run, houses):
        ran = run("diff", "size * rooms", "--data", houses)
        assert (0, "size\trooms\n2.0\t50.0\n3.0\t80.0\n5.0\t100.0\n", "") == ran

    def test_a_loss_over_a_file_is_differentiated_by_what_options_name(self, run, houses):
        loss = "mean((price - (m*size + b))**2)"
        ran = run("diff", loss, "--data", houses, "--at", "m=2,b=0", "--json")
        assert {"m": 2 / 3 * (-80 + 100), "b": 0.0} == pytest.approx(ran.document["derivatives"])

    def test_a_named_step_can_be_differentiated_by(self, run):
        assert "3.0\n" == run("diff", "(d := a + b) * c", "d", "--at", "a=1,b=1,c=3").out

    def test_a_formula_without_variables_has_no_partials(self, run):
        assert (0, "2*3 has no variables to differentiate by.\n", "") == run("diff", "2*3")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["eval"], ["Missing argument", "FORMULA", "chainrule eval --help"]),
        (["eval", "x"], ["no value for 'x' in x", "--at x=VALUE"]),
        (["eval", "widht*t", "--at", "width=1,t=1"], ["'widht'", "Did you mean 'width'?"]),
        (["eval", "x", "--at", "x"], ["'x' is not NAME=VALUE", "--at x=1"]),
        (["eval", "x", "--at", "=1"], ["is not NAME=VALUE"]),
        (["eval", "x", "--at", "x=1,2"], ["'2' is not NAME=VALUE", "[1,2,3]"]),
        (["eval", "x", "--at", "x=1", "--at", "x=2"], ["'x' twice"]),
        (["eval", "x", "--at", "x=[1,'a']"], ["numbers in brackets"]),
        (["eval", "x", "--at", "x=[[1],[1,2]]"], ["numbers in brackets"]),
        (["eval", "x", "--at", "x=" + "[" * 100_000], ["numbers in brackets"]),
        (["eval", "x", "--at", "x=abc"], ["'abc' has no value"]),
        (["eval", "x", "--at", "x="], ["no formula", "--at"]),
        (["eval", "x + y", "--at", "x=[1,2],y=[1,2,3]"], ["(2,)", "(3,)", "x + y"]),
        (["eval", "2^x", "--at", "x=1"], ["**", "column 2", "\n  2^x\n   ^"]),
        (["eval", "2x", "--at", "x=1"], ["operator is missing", "column 2"]),
        (["eval", "sin(x", "--at", "x=1"], ["never closed"]),
        (["eval", "", "--at", "x=1"], []),
        (["eval", "__import__('os').system('true')"], ["column 1"]),
        (["eval", "x.__class__", "--at", "x=1"], ["column"]),
        (["eval", "(lambda: 1)()"], ["column"]),
        (["eval", "open('f')"], ["column"]),
        (["eval", "x\x1b[31m", "--at", "x=1"], ["column 2"]),
        (["eval", "x" * 200_000], ["200000 characters"]),
        (["eval", "x", "--data", "nowhere/houses.csv"], ["no folder 'nowhere'"]),
        (["eval", "x", "--data", "."], ["is a folder"]),
        (["diff", "x", "--at", "x=1", "--symbolic"], ["--symbolic", "Leave out --at"]),
        (["diff", "x*y", "q", "--at", "x=1,y=1"], ["does not contain 'q'"]),
        (["diff", "x*y", "q"], ["does not contain 'q'"]),
        (["diff", "x", "--order", "0"], ["--order"]),
        (["diff", "x", "--order", "one"], ["--order"]),
        (["evla", "x"], ["No such command 'evla'", "chainrule --help"]),
        (["eval", "x", "--jsn"], ["No such option: --jsn"]),
        (["--bogus"], ["No such option"]),
    ],
)
def test_bad_input_is_refused_with_words(run, arguments, words):
    ran = run(*arguments)
    assert (2, "") == ran[:2]
    assert ran.err.startswith("error: ")
    assert "\x1b" not in ran.err
    assert [] == [word for word in words if word not in ran.err]
    told = run(*arguments, "--json").document["error"]
    assert 2 == told["code"]
    assert ran.err.strip() == f"error: {told['message']}".strip() or "\x1b" in told["message"]


@pytest.mark.parametrize("formula", ["9**9**9", "9**9**9**9", "(" * 5_000 + "1" + ")" * 5_000])
def test_hostile_formulas_are_only_arithmetic(run, formula):
    assert 0 == run("eval", formula).code


def test_a_missing_column_lists_those_there_are(run, houses):
    ran = run("eval", "size + prise", "--data", houses)
    assert 2 == ran.code
    for word in ("'prise'", "houses.csv", "'size', 'rooms', 'town', 'price'", "'price'?", "--at"):
        assert word in ran.err
    assert "column 'town' of houses.csv" in run("eval", "town", "--data", houses).err


class TestCheck:
    def test_right_derivatives_pass(self, run):
        ran = run("check", "sin(x*y)*exp(-x)", "--at", "x=0.5,y=2")
        assert (0, "") == (ran.code, ran.err)
        assert "gradient of sin(x*y)*exp(-x): ok" == ran.out.splitlines()[0]
        assert ["by x", "by y"] == [line.strip()[:4] for line in ran.out.splitlines()[1:]]

    def test_json_has_every_partial_in_both_ways(self, run):
        ran = run("check", "x**2*y", "x", "--at", "x=3,y=2", "--json")
        assert ran.document["ok"]
        (partial,) = ran.document["partials"]
        assert ("x", 12.0, "agrees") == (
            partial["variable"],
            partial["analytic"],
            partial["verdict"],
        )
        assert 12.0 == pytest.approx(partial["numerical"])

    def test_a_wrong_derivative_ends_with_1_and_names_the_step(self, run, monkeypatch):
        from chainrule import tangent

        monkeypatch.setattr(tangent, "partials", lambda y, x: (1 + y,))
        ran = run("check", "exp(tan(x*0.371))", "--at", "x=0.9")
        assert 1 == ran.code
        assert "gradient of exp(tan(x*0.371)): WRONG" == ran.out.splitlines()[0]
        assert "wrong: step tan(x*0.371) (tangent)" in ran.out
        told = run("check", "exp(tan(x*0.371))", "--at", "x=0.9", "--json")
        assert 1 == told.code
        assert (False, "tangent") == (
            told.document["ok"],
            told.document["culprits"][0]["operation"],
        )

    def test_where_nothing_is_decided_it_says_why_and_ends_with_4(self, run):
        ran = run("check", "log(x)", "--at", "x=-1")
        assert (4, "") == (ran.code, ran.err)
        assert "gradient of log(x): undecided" == ran.out.splitlines()[0]
        assert "there is no value here: it is nan" in ran.out
        told = run("check", "x**2", "--at", "x=1e-300", "--json")
        assert (4, False, "undecided") == (told.code, told.document["ok"], told.document["verdict"])
        assert "underflow" in told.document["partials"][0]["reason"]

    def test_what_is_undecided_beside_others_is_named_and_ends_with_0(self, run):
        ran = run("check", "x**3 + x*abs(y)", "--at", "x=1,y=0")
        assert 0 == ran.code
        assert "gradient of x**3 + x*abs(y): ok, but undecided by y" == ran.out.splitlines()[0]

    def test_a_loss_over_a_file(self, run, houses):
        loss = "mean((price - (m*size + b))**2)"
        assert 0 == run("check", loss, "m", "--wrt", "b", "--data", houses, "--at", "m=1,b=1").code

    @pytest.mark.parametrize("tolerance", ["0", "1", "nan", "-1", "x"])
    def test_a_tolerance_that_is_none_is_refused(self, run, tolerance):
        ran = run("check", "x", "--at", "x=1", "--tolerance", tolerance)
        assert (2, "") == ran[:2]
        assert "--tolerance" in ran.err
