"""Models: formulas with parameters that are fitted to data.

May import the floors below; it must not know of the command line.
"""

from chainrule.errors import SettingError
from chainrule.models.estimator import Estimator
from chainrule.models.history import Epoch, History
from chainrule.models.linear import LinearRegression
from chainrule.models.outcome import DivergenceError, DivergenceWarning, FitOutcome
from chainrule.models.rates import RateRun, RateStudy, learning_rate_study
from chainrule.models.saved import load_model

__all__ = [
    "DivergenceError",
    "DivergenceWarning",
    "Epoch",
    "Estimator",
    "FitOutcome",
    "History",
    "LinearRegression",
    "RateRun",
    "RateStudy",
    "SettingError",
    "learning_rate_study",
    "load_model",
]
