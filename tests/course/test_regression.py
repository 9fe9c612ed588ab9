"""The course's linear regression: a student's own class beside the library's."""

import numpy as np
import pandas as pd
import pytest
from tests.models.exact import learned, least_squares

from chainrule import *


class StudentsRegression:
    """As the slides have it: an expression a row, a derivative a slope, summed over the rows."""

    def __init__(self):
        self.mx = {}
        self.yint = 0.0

    def fit(self, X_fit, y_fit, n_epochs, learning_rate):
        n_rows, n_columns = X_fit.shape
        self.mx = {f"m{column}": 0.0 for column in range(n_columns)}
        errors = []
        for row in range(n_rows):
            prediction_expr = expression("yint")
            for column in range(n_columns):
                element = constant(X_fit.iloc[row, column])
                prediction_expr = expression(f"m{column}") * element + prediction_expr
            errors.append((prediction_expr - constant(y_fit.iloc[row])) ** 2)
        for _ in range(n_epochs):
            values = {**self.mx, "yint": self.yint}
            losses = dict.fromkeys(values, 0.0)
            for error in errors:
                for name in losses:
                    losses[name] += error.diff(values, name)
            for name in self.mx:
                self.mx[name] -= learning_rate * losses[name] / n_rows
            self.yint -= learning_rate * losses["yint"] / n_rows

    def predict(self, X_pred):
        predictions = []
        for row in range(len(X_pred)):
            prediction = self.yint
            for column, slope in enumerate(self.mx.values()):
                prediction += slope * X_pred.iloc[row, column]
            predictions.append(prediction)
        return predictions


def houses(rows):
    """Return a table of features of deviation near 7, so that a rate of 0.01 is a good one."""
    numbers = np.random.default_rng(12)
    X = pd.DataFrame(
        {"rooms": 7 * numbers.normal(size=rows), "garden": 6 * numbers.normal(size=rows)}
    )
    y = 3.0 * X["rooms"] - 1.5 * X["garden"] + 20 + numbers.normal(size=rows)
    return X, y.rename("price")


def test_eighty_rows_and_a_thousand_epochs_of_rate_one_hundredth_reach_least_squares():
    X, y = houses(80)
    model = LinearRegression()
    model.fit(X, y, 1000, 0.01)
    assert np.abs(learned(model) - least_squares(X, y)).max() < 1e-6
    assert 1000 == len(model.history)


def test_the_student_s_own_loop_goes_through_the_same_numbers():
    X, y = houses(12)
    student, model = StudentsRegression(), LinearRegression()
    student.fit(X, y, 15, 0.01)
    model.fit(X, y, 15, 0.01)
    assert student.mx == pytest.approx(model.mx, rel=1e-12)
    assert student.yint == pytest.approx(model.yint, rel=1e-12)
    assert student.predict(X) == pytest.approx(list(model.predict(X)), rel=1e-12)


def test_gradients_of_rows_add_up_to_the_gradient_of_the_loss():
    X, y = houses(10)
    model = LinearRegression().fit(X, y, 3, 0.01)
    prediction, price = model.prediction_expression, expression("price")
    values = {**model.parameters, "price": y, "rooms": X["rooms"], "garden": X["garden"]}
    of_rows = ((price - prediction) ** 2).diff(values, "m1")
    assert (10,) == of_rows.shape
    of_loss = model.loss_expression.diff(values, "m1")
    assert of_loss == pytest.approx(np.mean(of_rows), rel=1e-13)


def test_the_course_s_loop_in_columns_is_three_lines():
    X, y = houses(40)
    model = LinearRegression().fit(X, y, 1, 0.01)
    loss, values = model.loss_expression, {"rooms": X["rooms"], "garden": X["garden"], "price": y}
    parameters = dict.fromkeys(model.parameters, 0.0)
    for _ in range(100):
        slopes = loss.diff({**values, **parameters})
        parameters = {name: value - 0.01 * slopes[name] for name, value in parameters.items()}
    assert parameters == pytest.approx(
        LinearRegression().fit(X, y, 100, 0.01).parameters, rel=1e-12
    )


def test_residuals_tell_how_far_off_each_row_is():
    X, y = houses(30)
    model = LinearRegression().fit(X, y)
    residuals = y - model.predict(X)
    assert y.shape == residuals.shape
    assert np.mean(residuals**2) == pytest.approx(model.outcome_.loss, rel=1e-12)
