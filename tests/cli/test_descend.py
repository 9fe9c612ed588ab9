"""`descend`, `sweep` and `landscapes`: minimising, learning rates and test functions."""

import pytest

from chainrule import load_trace

BOWL = "(x - 3)**2 + 10*y**2"
START = ("--start", "x=0,y=1")


class TestDescend:
    def test_it_shows_the_first_and_the_last_epochs_and_says_how_it_ended(self, run):
        ran = run("descend", BOWL, *START, "--rate", "0.05", "--epochs", "100")
        assert (0, "") == (ran.code, ran.err)
        assert "Did 100 epochs." in ran.out
        assert "nan" not in ran.out
        assert ran.out.splitlines()[1].split() == ["epoch", "loss", "gradient", "rate", "x", "y"]

    def test_without_a_rate_it_converges(self, run):
        document = run("descend", BOWL, *START, "--json").document
        assert "converged" == document["status"]
        assert document["parameters"] == pytest.approx({"x": 3.0, "y": 0.0}, abs=1e-6)

    def test_a_rate_that_is_too_large_ends_with_1_and_names_the_limit(self, run):
        ran = run("descend", BOWL, *START, "--rate", "0.2", "--epochs", "100")
        assert 1 == ran.code
        assert "rate 0.2 is above the stable limit 0.1 along y" in ran.out

    @pytest.mark.parametrize("method", ["newton", "l-bfgs", "adam"])
    def test_methods_are_named(self, run, method):
        ran = run("descend", "rosenbrock", "--method", method, "--epochs", "5", "--json")
        assert 6 == len(ran.document["losses"])

    def test_an_unknown_method_names_the_closest(self, run):
        ran = run("descend", "rosenbrock", "--method", "adamm")
        assert (2, "") == ran[:2]
        assert "'adam'" in ran.err

    def test_data_comes_from_a_file(self, run, houses):
        ran = run(
            "descend", "mean((price - m*size)**2)", "--data", houses, "--start", "m=0", "--json"
        )
        assert ran.document["parameters"]["m"] == pytest.approx(2.0, abs=0.02)

    def test_what_has_neither_start_nor_data_is_named(self, run, houses):
        ran = run("descend", "mean((cost - m*size)**2)", "--data", houses, "--start", "m=0")
        assert (2, "") == ran[:2]
        assert "'cost' in" in ran.err
        assert "'price'" in ran.err

    def test_a_formula_asks_for_a_start(self, run):
        ran = run("descend", "x**2")
        assert (2, "") == ran[:2]
        assert "--start x=0" in ran.err

    def test_it_writes_every_epoch_a_curve_and_a_page(self, run, tmp_path):
        paths = [tmp_path / name for name in ("trace.json", "loss.png", "page.html")]
        options = [
            word
            for option, path in zip(("--out", "--plot", "--html"), paths, strict=True)
            for word in (option, path)
        ]
        ran = run("descend", "booth", "--rate", "0.05", "--epochs", "20", *options)
        assert (0, "") == (ran.code, ran.err)
        assert 21 == len(load_trace(paths[0]))
        assert paths[1].read_bytes().startswith(b"\x89PNG")
        assert paths[2].read_text(encoding="utf-8").startswith("<!doctype html>")

    def test_a_loss_over_a_table_gets_a_page(self, run, houses, tmp_path):
        loss, page = "mean((price - m*size)**2)", tmp_path / "page.html"
        ran = run("descend", loss, "--data", houses, "--start", "m=0", "--html", page)
        assert (0, "") == (ran.code, ran.err)
        assert "*(m - " in page.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (
                ("--method", "newton", "--html", "a.html"),
                "'newton' finds its own steps",
            ),
            (("--html", "a.png"), "A page is written as '.html'"),
        ],
    )
    def test_a_page_that_cannot_be_written_is_told_of_before_the_run(self, run, options, words):
        ran = run("descend", "booth", *options)
        assert (2, "") == ran[:2]
        assert words in ran.err

    def test_a_misspelled_test_function_is_no_variable(self, run):
        ran = run("descend", "rosenbrok")
        assert (2, "") == ran[:2]
        assert "Did you mean 'rosenbrock'" in ran.err

    def test_another_minimum_is_told_from_the_least(self, run):
        stuck = run("descend", "rastrigin", "--start", "x=2.1,y=1.9")
        assert "The least value of rastrigin is 0, at x = 0, y = 0: start elsewhere" in stuck.out
        short = run("descend", "booth", "--rate", "0.01", "--epochs", "3")
        assert "The least value of booth is 0, at x = 1, y = 3: go on for longer" in short.out
        assert "least value" not in run("descend", "booth").out

    def test_a_run_of_more_epochs_than_a_page_shows_gets_one(self, run, tmp_path):
        page = tmp_path / "page.html"
        options = ["--rate", "1e-5", "--epochs", "10001", "--html", page]
        ran = run("descend", "x**2", "--start", "x=1", *options)
        assert (0, "") == (ran.code, ran.err)
        assert page.exists()

    def test_constraints_are_kept(self, run):
        document = run("descend", "gomez_levy", "--start", "x=0.1,y=-0.5", "--json").document
        assert document["loss"] == pytest.approx(-1.031628, abs=1e-5)
        assert all(by < 1e-6 for by in document["broken"].values())

    def test_constraints_and_a_rate_do_not_go_together(self, run):
        ran = run("descend", "gomez_levy", "--rate", "0.1")
        assert (2, "") == ran[:2]
        assert "has constraints" in ran.err


class TestSweep:
    def test_it_shows_the_error_at_each_rate(self, run, houses, tmp_path):
        path = tmp_path / "rates.png"
        ran = run(
            "sweep", houses, "--target", "price", "--features", "size", "--rates",
            "1e-5,1e-4,1e-3", "--epochs", "10,100", "--plot", path,
        )  # fmt: skip
        assert (0, "") == (ran.code, ran.err)
        assert ["rate", "after", "10", "after", "100", "behaviour"] == ran.out.splitlines()[
            1
        ].split()
        assert "diverging" in ran.out
        assert "The largest stable rate is" in ran.out
        assert path.read_bytes().startswith(b"\x89PNG")

    def test_scripts_get_a_run_a_rate(self, run, houses):
        document = run(
            "sweep", houses, "--target", "price", "--rates", "0.1,0.5", "--epochs", "5",
            "--features", "size", "--standardize", "--json",
        ).document  # fmt: skip
        assert [0.1, 0.5] == [run["rate"] for run in document["runs"]]
        assert [1, 1] == [len(run["losses"]) for run in document["runs"]]

    @pytest.mark.parametrize(
        ("option", "value", "words"),
        [
            ("--rates", "0.1,x", "'x' is not a number above 0"),
            ("--rates", "0", "'0' is not a number above 0"),
            ("--rates", "nan", "'nan' is not a number above 0"),
            ("--epochs", "1.5", "'1.5' is not a whole number above 0"),
        ],
    )
    def test_what_is_no_number_is_refused(self, run, houses, option, value, words):
        ran = run("sweep", houses, "--target", "price", "--rates", "0.1", option, value)
        assert (2, "") == ran[:2]
        assert words in ran.err


class TestLandscapes:
    def test_all_are_listed(self, run):
        ran = run("landscapes")
        assert 0 == ran.code
        assert "x1, ..., x30" in ran.out
        assert "x2, x3, x4" not in ran.out
        assert all(name in ran.out for name in ("rosenbrock", "himmelblau", "zdt1", "gomez_levy"))

    def test_one_is_told_in_full(self, run):
        ran = run("landscapes", "himmelblau")
        assert "(x**2 + y - 11)**2" in ran.out
        assert "x = 3, y = 2" in ran.out

    def test_sizes_are_chosen(self, run):
        assert 5 == len(run("landscapes", "rosenbrock", "--n", "5", "--json").document["variables"])

    def test_an_unknown_one_names_the_closest(self, run):
        ran = run("landscapes", "rosenbrok")
        assert (2, "") == ran[:2]
        assert "Did you mean 'rosenbrock'?" in ran.err
