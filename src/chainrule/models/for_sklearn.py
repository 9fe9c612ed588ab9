"""What scikit-learn asks of an estimator in its own classes: imported only once it is loaded."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

from chainrule import errors

__all__ = ["DataConversionWarning", "NotFitted", "regressor_tags"]


class NotFitted(errors.NotFitted, NotFittedError):  # type: ignore[misc]  # scikit-learn has no types
    """A model that was asked for what only `fit` can teach it, also to scikit-learn."""


def regressor_tags() -> Any:
    """Return the tags of a model that predicts one number a row, and needs a target for it."""
    return Tags(
        estimator_type="regressor",
        target_tags=TargetTags(required=True),
        regressor_tags=RegressorTags(),
        input_tags=InputTags(),
    )
