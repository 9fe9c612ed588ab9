"""A fit that cannot go on stops, says why, and keeps what it has."""

import warnings

import numpy as np
import pytest
from tests.models.exact import relative_error

from chainrule import LinearRegression, hessian
from chainrule.errors import ChainRuleError
from chainrule.models import DivergenceError, DivergenceWarning


def data(rows=50, seed=4):
    numbers = np.random.default_rng(seed)
    matrix = numbers.normal(size=(rows, 3)) * [1.0, 2.0, 5.0] + 1
    return matrix, matrix @ [1.0, -2.0, 0.5] + 3 + numbers.normal(size=rows)


def stable_rate(matrix, target, reduction="mean", **settings):
    """Return 2 divided by the largest eigenvalue of the Hessian of the loss's expression."""
    model = LinearRegression(reduction=reduction).fit(matrix, target, 1, 1e-9)
    columns = {f"x{place}": column for place, column in enumerate(matrix.T)}
    values = {**columns, "y": target, **model.parameters}
    names = list(model.parameters)
    curvatures = hessian(model.loss_expression, values, names, as_array=True)
    return 2 / float(np.linalg.eigvalsh(curvatures)[-1])


def quietly(model, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        return model.fit(*arguments)


class TestDivergence:
    def test_says_epoch_rate_and_the_largest_stable_rate(self):
        matrix, target = data()
        stable = stable_rate(matrix, target)
        with pytest.warns(DivergenceWarning) as caught:
            model = LinearRegression().fit(matrix, target, 1000, 3 * stable)
        message = str(caught[0].message)
        epoch = model.outcome_.epoch
        assert f"diverged at epoch {epoch}:" in message
        assert f"learning_rate={3 * stable!r}" in message
        assert f"The largest stable rate is {stable:.6g}" in message
        assert __file__ == caught[0].filename

    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    def test_the_largest_stable_rate_is_2_over_the_largest_curvature(self, reduction):
        matrix, target = data()
        stable = stable_rate(matrix, target, reduction)
        model = quietly(LinearRegression(reduction=reduction), matrix, target, 1000, 5 * stable)
        assert model.outcome_.diverged
        assert pytest.approx(stable, rel=1e-12) == model.outcome_.largest_stable_rate

    @pytest.mark.parametrize("reduction", ["mean", "sum"])
    @pytest.mark.parametrize("standardize", [False, True])
    def test_just_below_the_largest_stable_rate_the_fit_goes_on_and_just_above_it_does_not(
        self, reduction, standardize
    ):
        matrix, target = data()
        model = LinearRegression(reduction=reduction, standardize=standardize)
        stable = quietly(model, matrix, target, 500, 100.0).outcome_.largest_stable_rate
        assert "finished" == model.fit(matrix, target, 5000, 0.99 * stable).outcome_.status
        assert relative_error(model, matrix, target) < 1e-9
        assert quietly(model, matrix, target, 5000, 1.01 * stable).outcome_.diverged

    def test_keeps_the_best_parameters_and_the_history(self):
        matrix, target = data()
        model = quietly(
            LinearRegression(), matrix, target, 1000, 1.05 * stable_rate(matrix, target)
        )
        losses = np.array([*model.history.loss, model.history.final.loss])
        best = int(np.argmin(losses))
        assert 0 < best < len(losses) - 1
        kept = [*model.history][best]
        assert kept.parameters == {**model.mx, "yint": model.yint}
        assert kept.loss == model.outcome_.loss
        assert losses[-1] > 1e6 * losses[0]
        assert len(model.history) == model.outcome_.epoch < 1000

    def test_a_loss_that_rises_to_the_end_has_diverged_before_it_explodes(self):
        matrix, target = data()
        model = quietly(LinearRegression(), matrix, target, 12, 1.01 * stable_rate(matrix, target))
        assert model.outcome_.diverged
        assert 12 == model.outcome_.epoch
        assert np.isfinite(model.history.final.loss)

    def test_an_overflow_at_the_first_step_keeps_the_start(self):
        matrix, target = data()
        model = quietly(LinearRegression(), matrix, target, 10, 1e200)
        assert ({"m0": 0.0, "m1": 0.0, "m2": 0.0}, 0.0, 1) == (model.mx, model.yint, model.n_iter_)

    def test_numbers_too_large_to_be_squared_say_so(self):
        with pytest.warns(DivergenceWarning, match="at epoch 0: .* too large to be squared"):
            LinearRegression().fit([[1e200], [2e200]], [1e200, 3e200], 10, 0.1)

    def test_raises_only_when_asked_and_keeps_everything_then_too(self):
        matrix, target = data()
        model = LinearRegression(on_divergence="raise")
        with pytest.raises(DivergenceError, match="diverged at epoch"):
            model.fit(matrix, target, 100, 1e3)
        assert model.outcome_.diverged
        assert issubclass(DivergenceError, ChainRuleError | ArithmeticError)

    def test_is_silent_when_asked(self):
        matrix, target = data()
        assert (
            LinearRegression(on_divergence="ignore").fit(matrix, target, 9, 1e3).outcome_.diverged
        )

    def test_rounding_at_the_minimum_is_no_divergence(self):
        matrix, target = data()
        model = LinearRegression(standardize=True).fit(matrix, target, 20_000, 0.3)
        assert "finished" == model.outcome_.status


class TestInterruption:
    def test_from_the_keyboard_keeps_the_best_parameters_and_the_history(self):
        matrix, target = data()

        def interrupt(epoch):
            if epoch.epoch == 7:
                raise KeyboardInterrupt

        model = LinearRegression().fit(matrix, target, 1000, 0.01, callback=interrupt)
        assert "interrupted" == model.outcome_.status
        assert "interrupted after 7 epochs" in model.outcome_.message
        assert 7 == len(model.history)
        assert {**model.mx, "yint": model.yint} == model.history.final.parameters
        shorter = LinearRegression().fit(matrix, target, 7, 0.01)
        # A thousand epochs are planned in another way than seven.
        assert pytest.approx(shorter.mx, rel=1e-12) == model.mx

    def test_while_a_bar_is_shown_too(self, capsys):
        def interrupt(epoch):
            raise KeyboardInterrupt

        model = LinearRegression().fit(*data(), 50, 0.01, callback=interrupt, progress=True)
        assert "interrupted" == model.outcome_.status
