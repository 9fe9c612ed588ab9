"""The base of every model: it answers scikit-learn's protocol without needing scikit-learn.

Settings are read from the constructor's signature and stored untouched; what is learned ends in an
underscore. May import `errors`, and scikit-learn only where scikit-learn itself is asking.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any, Self

import numpy as np

from chainrule.errors import DataError, NotFitted, SettingError, closest
from chainrule.tables.table import Table

__all__ = ["DataConversionWarning", "Estimator"]

_SHOWN = 5  # names written out, as scikit-learn does


class DataConversionWarning(UserWarning):
    """Data taken for something near to what they are; scikit-learn's own, once that is loaded."""


class Estimator:
    """A model with settings, which `fit` teaches; its `__init__` stores arguments and no more."""

    __slots__ = ("__dict__", "__weakref__")

    @classmethod
    def _settings(cls) -> dict[str, Any]:
        """Return the names of the settings with their defaults."""
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return the settings by name; `deep` is part of scikit-learn's protocol and has no effect.

        >>> from chainrule.models import LinearRegression
        >>> LinearRegression(n_epochs=5).get_params()["n_epochs"]
        5
        """
        del deep
        return {name: getattr(self, name) for name in sorted(self._settings())}

    def set_params(self, **settings: Any) -> Self:
        """Change settings by name and return the model; they are checked by `fit`.

        Raises: SettingError for a name that is no setting.

        >>> from chainrule.models import LinearRegression
        >>> LinearRegression().set_params(n_epochs=5)
        LinearRegression(n_epochs=5)
        """
        known = self._settings()
        for name in settings:
            if name not in known:
                raise SettingError(
                    f"{type(self).__name__} has no setting {name!r}.{closest(name, known)}\n"
                    f"  It has: {', '.join(map(repr, known))}."
                )
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._settings().items()
            if repr(getattr(self, name)) != repr(default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether `fit` has been called."""
        return "n_features_in_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        """Describe the model to scikit-learn, which alone calls this."""
        from chainrule.models import for_sklearn  # noqa: PLC0415 - it imports scikit-learn

        return for_sklearn.regressor_tags()

    def _learned(self, name: str) -> Any:
        """Return a learned attribute.

        Raises: NotFitted before `fit`.
        """
        try:
            return vars(self)[name]
        except KeyError:
            raise self._not_fitted() from None

    def _not_fitted(self) -> NotFitted:
        message = (
            f"this {type(self).__name__} has not been fitted yet, so there is nothing to tell.\n"
            "  Call fit(X, y) first."
        )
        if "sklearn.exceptions" not in sys.modules:
            return NotFitted(message)
        from chainrule.models import for_sklearn  # noqa: PLC0415 - scikit-learn is loaded already

        return for_sklearn.NotFitted(message)

    def _check_features(self, table: Table, called: str) -> None:
        """Check that a table has the columns of the fit, in their order.

        Raises: DataError that names those missing, unseen or displaced.
        """
        known = vars(self).get("feature_names_in_")
        if known is not None and table.named:
            check_same_names(list(known), list(table.names))
        count = self._learned("n_features_in_")
        if len(table.names) != count:
            raise DataError(
                f"{called} has {len(table.names)} features, but {type(self).__name__} is expecting "
                f"{count} features as input.\n  Pass the columns that it was fitted on, in order."
            )


def check_same_names(known: list[str], found: list[str]) -> None:
    """Check that names of columns are those of the fit, in its order.

    Raises: DataError, in scikit-learn's words, and with what to do.
    """
    if known == found:
        return
    unseen = sorted(set(found) - set(known))
    missing = sorted(set(known) - set(found))
    words = "The feature names should match those that were passed during fit.\n"
    if unseen:
        words += "Feature names unseen at fit time:\n" + bulleted(unseen)
    if missing:
        words += "Feature names seen at fit time, yet now missing:\n" + bulleted(missing)
    if not (unseen or missing):
        words += "Feature names must be in the same order as they were in fit.\n"
    hints = dict.fromkeys(closest(name, unseen) for name in missing)
    order = f" Pass X[[{', '.join(map(repr, known[:_SHOWN]))}{', ...' * (len(known) > _SHOWN)}]]."
    raise DataError(words + " " + "".join(hints) + order * (not missing))


def bulleted(names: list[str]) -> str:
    """Write names a line each, the first few of them."""
    lines = [f"- {name}\n" for name in names[:_SHOWN]]
    return "".join(lines) + "- ...\n" * (len(names) > _SHOWN)


def conversion_warning() -> type[Warning]:
    """Return the class for warning of converted data: scikit-learn's, once that is loaded."""
    if "sklearn.exceptions" not in sys.modules:
        return DataConversionWarning
    from chainrule.models import for_sklearn  # noqa: PLC0415 - scikit-learn is loaded already

    found: type[Warning] = for_sklearn.DataConversionWarning
    return found


def r_squared(target: np.ndarray, prediction: np.ndarray) -> float:
    """Return 1 minus the residuals' squares over those about the mean; NaN for a single row.

    Where the target is constant: 1 for a perfect prediction, otherwise 0, as in scikit-learn.
    Source: Draper & Smith (1998), Applied Regression Analysis, equation 1.3.5.
    """
    if len(target) == 1:
        return float("nan")
    deviations = target - target.mean()
    scale = float(np.abs(deviations).max())
    if scale == 0:
        return 1.0 if np.array_equal(prediction, target) else 0.0
    # Scaled before they are squared, which beyond 1e154 overflows.
    residuals = (target - prediction) / scale
    deviations = deviations / scale
    return float(1 - np.sum(residuals * residuals) / np.sum(deviations * deviations))
