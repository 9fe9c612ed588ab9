"""A linear model as a file: readable JSON, which loads with no code run.

A file is refused if anything in it is amiss: its formula, read by `parse` (which evaluates nothing)
has to be the one that its columns make, and its check values have to come out. May import the
language and the values of this floor; it must not know any model's class.
"""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ChainRuleError, DataError, FileFormatError
from chainrule.language.text.parse import parse
from chainrule.models.formula import Formula, formula_of
from chainrule.models.observed import Extent, Observed
from chainrule.models.outcome import STATUSES, FitOutcome

__all__ = ["Stored", "read_stored", "write_stored"]

_FORMAT, _VERSION = "chainrule model", 1
_UNABRIDGED = 2**31  # places of a written formula
# Sums of products round alike wherever IEEE 754 holds; this allows for one operation fused.
_ROUNDING = 4 * float(np.finfo(np.float64).eps)
_MOST_SINGLE = 50  # columns; beyond, a check row for each would outgrow the model


@dataclass(frozen=True, slots=True)
class Stored:
    """All that a file holds of a fitted linear model.

    kind: the name of its class. names: of the columns; named: whether the user gave them.
    parameters: slopes and intercept, in the order of the formula's. rate: that was descended with,
    NaN where a solver found its own steps.
    """

    kind: str
    formula: Formula
    names: tuple[str, ...]
    named: bool
    parameters: tuple[float, ...]
    settings: Mapping[str, Any]
    rate: float
    seen: Observed
    outcome: FitOutcome


class Refusal(Exception):
    """What is wrong with a document, in words."""


def write_stored(path: str | os.PathLike[str], stored: Stored) -> None:
    """Write a model to a file, which is replaced at once or not at all.

    Raises: DataError for a parameter that is not finite; OSError.
    """
    for name, value in zip(stored.formula.parameters, stored.parameters, strict=True):
        if not math.isfinite(value):
            raise DataError(f"{name} is {value}: only a model of finite parameters can be saved.")
    text = json.dumps(document_of(stored), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    target = Path(path).resolve()
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
        target.write_text(text, encoding="utf-8")
        return
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def document_of(stored: Stored) -> dict[str, Any]:
    """Return the document that is written."""
    formula, seen = stored.formula, stored.seen
    rows = check_rows(seen)
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "model": stored.kind,
        "formula": formula.prediction.to_text(limit=_UNABRIDGED),
        "parameters": dict(zip(formula.parameters, stored.parameters, strict=True)),
        "target": {"name": formula.target, **asdict(seen.target), "deviation": seen.deviation},
        "columns": [
            {"name": name, **asdict(reach)}
            for name, reach in zip(stored.names, seen.columns, strict=True)
        ],
        "columns_were_named": stored.named,
        "rows": seen.n_rows,
        "settings": dict(stored.settings),
        "learning_rate": stored.rate if math.isfinite(stored.rate) else None,
        "outcome": {
            "status": stored.outcome.status,
            "epoch": stored.outcome.epoch,
            # JSON has no infinity.
            "loss": stored.outcome.loss if math.isfinite(stored.outcome.loss) else None,
            "message": stored.outcome.message,
        },
        "checks": [
            {"row": row, "prediction": predicted(formula, stored.parameters, row)[0]}
            for row in rows
        ],
    }


def check_rows(seen: Observed) -> list[list[float]]:
    """Return rows to check predictions by: where the columns are least, mean, largest.

    A column that is constant is moved there by 1, so that every slope matters somewhere. For a few
    columns there are rows with one of them at its largest and the others at their least besides, so
    that no other parameters give the same predictions.
    """
    least = [reach.least for reach in seen.columns]
    most = [reach.most if reach.most > reach.least else reach.most + 1.0 for reach in seen.columns]
    rows = [least, [reach.mean for reach in seen.columns], most]
    if len(least) <= _MOST_SINGLE:
        rows += [[*least[:k], most[k], *least[k + 1 :]] for k in range(len(least))]
    return rows


def predicted(
    formula: Formula, parameters: tuple[float, ...], row: list[float]
) -> tuple[float, float]:
    """Return the prediction for one row, and the sum of its terms' sizes."""
    values = dict(zip(formula.columns, row, strict=True))
    values |= dict(zip(formula.parameters, parameters, strict=True))
    terms = [slope * value for slope, value in zip(parameters, [*row, 1.0], strict=True)]
    return float(formula.prediction.eval(values)), math.fsum(map(abs, terms))


def read_stored(path: str | os.PathLike[str]) -> Stored:
    """Read a model from a file that `write_stored` wrote.

    Raises: FileFormatError for a file that is truncated, changed, or of another kind; OSError.
    """
    file = Path(path)
    try:
        stored = stored_of(json_of(file.read_bytes()))
    except Refusal as refusal:
        raise FileFormatError(
            f"{file.name} is refused: {refusal}\n"
            "  A model is saved with model.save(path). Was the file cut short or edited? "
            "Save it again."
        ) from None
    return stored


def json_of(content: bytes) -> Any:
    """Read JSON, with every name once in an object and no NaN or infinity."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Refusal("a name stands twice in one object.")
        return found

    def never(word: str) -> float:
        raise Refusal(f"{word} is no number that a model can have.")

    if not content.strip():
        raise Refusal("it is empty.")
    try:
        return json.loads(content, object_pairs_hook=once, parse_constant=never)
    except UnicodeDecodeError as error:
        raise Refusal(f"it is no text: byte {error.start} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Refusal(
            f"it is no whole JSON: {error.msg}, in line {error.lineno}, column {error.colno}."
        ) from None
    except (RecursionError, ValueError) as error:
        raise Refusal(f"it is no JSON that a model would be saved as: {error}.") from None


def stored_of(document: Any) -> Stored:
    """Return the model of a document, or say what is wrong with it."""
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise Refusal(f"it does not say that its format is {_FORMAT!r}.")
    version = document.get("version")
    if version != _VERSION or isinstance(version, bool):
        raise Refusal(
            f"it is of version {version!r}, and this chainrule reads version {_VERSION}. "
            "A newer chainrule may read it."
        )
    entries = part(document, "columns", list)
    names = tuple(part(entry, "name", str) for entry in entries)
    target = part(document, "target", dict)
    if not names or len(set(names)) < len(names):
        raise Refusal("its columns are none, or two of one name.")
    formula = formula_of(names, part(target, "name", str))
    check_formula(part(document, "formula", str), formula)
    parameters = parameters_of(part(document, "parameters", dict), formula)
    check_predictions(part(document, "checks", list), formula, parameters)
    rows = part(document, "rows", int)
    if rows < 1:
        raise Refusal(f"it says that it was fitted to {rows} rows.")
    seen = Observed(
        rows, tuple(map(reach_of, entries)), reach_of(target), number(target, "deviation")
    )
    return Stored(
        part(document, "model", str),
        formula,
        names,
        part(document, "columns_were_named", bool),
        parameters,
        part(document, "settings", dict),
        rate_of(document),
        seen,
        outcome_of(part(document, "outcome", dict)),
    )


def part(owner: Any, name: str, kind: type) -> Any:
    """Return an entry of a document, which has to be there and of its kind."""
    if not isinstance(owner, dict) or name not in owner:
        raise Refusal(f"it has no {name!r} where it should.")
    found = owner[name]
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise Refusal(f"its {name!r} is {shortened(found)}, which is no {kind.__name__}.")
    return found


def number(owner: Any, name: str) -> float:
    """Return an entry that has to be a finite number."""
    found = owner.get(name) if isinstance(owner, dict) else None
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            value = float(found)
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
    raise Refusal(f"its {name!r} is {shortened(found)}, which is no finite number.")


def shortened(found: Any) -> str:
    """Write what was found, or its beginning."""
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."


def check_formula(text: str, formula: Formula) -> None:
    """Refuse a formula other than the one that the columns make."""
    try:
        found = parse(text, limit=len(text))
    except ChainRuleError as error:
        raise Refusal(f"its formula cannot be read: {error}") from None
    if found is not formula.prediction:  # one graph is one object
        wanted = formula.prediction.to_text(limit=100)
        raise Refusal(f"its formula is {shortened(text)}, but its columns make {wanted}.")


def parameters_of(found: dict[str, Any], formula: Formula) -> tuple[float, ...]:
    """Return the parameters of the formula: these and no others."""
    wanted = formula.parameters
    if set(found) != set(wanted):
        odd = sorted(set(found) ^ set(wanted))
        raise Refusal(f"its parameters are not those of its formula: {shortened(odd)}.")
    return tuple(number(found, name) for name in wanted)


def check_predictions(checks: list[Any], formula: Formula, parameters: tuple[float, ...]) -> None:
    """Refuse parameters that do not predict the check values."""
    if not checks:
        raise Refusal("it has no check values.")
    for place, check in enumerate(checks):
        cells = dict(enumerate(part(check, "row", list)))
        if len(cells) != len(formula.columns):
            raise Refusal(f"check {place} has {len(cells)} values for {len(formula.columns)}.")
        row = [number({"row": cell}, "row") for cell in cells.values()]
        written = number(check, "prediction")
        value, size = predicted(formula, parameters, row)
        if not abs(value - written) <= _ROUNDING * size:
            raise Refusal(
                f"its parameters predict {value!r} for check {place}, where {written!r} is written."
            )


def reach_of(entry: Any) -> Extent:
    """Return the reach of a column or of the target."""
    return Extent(number(entry, "least"), number(entry, "mean"), number(entry, "most"))


def rate_of(document: dict[str, Any]) -> float:
    """Return the rate of the last epoch; NaN for the null of a solver."""
    if document.get("learning_rate", 0) is None:
        return math.nan
    return number(document, "learning_rate")


def outcome_of(found: dict[str, Any]) -> FitOutcome:
    """Return how the fit ended."""
    status = part(found, "status", str)
    if status not in STATUSES:
        raise Refusal(f"its outcome is {shortened(status)}, which is no way to end.")
    loss = math.inf if found.get("loss") is None else number(found, "loss")
    return FitOutcome(status, part(found, "epoch", int), loss, part(found, "message", str))
