"""`chainrule fit`: a linear regression, trained by gradient descent on the columns of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from chainrule.cli.answering import Answer
from chainrule.cli.options import check_folder, listed
from chainrule.cli.output import DONE, INTERRUPTED, NO, number, printable, table, warn
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.cli.training import curves, fitted, scores, split_rows
from chainrule.draw.curves import check_picture, write_loss_curve
from chainrule.errors import DataError, ValueTypeError
from chainrule.models import FitOutcome, LinearRegression
from chainrule.tables import Sheet, check_names

__all__ = ["fit", "score_table"]

DataFile = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="A .csv, .tsv, .parquet, .feather or .arrow file.",
        show_default=False,
    ),
]
Target = Annotated[
    str, typer.Option("--target", metavar="NAME", help="Column to predict.", show_default=False)
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--features",
        metavar="NAME,...",
        help="Columns to predict from; without it, all other columns of numbers.",
        show_default=False,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", help="Steps of the descent.", min=1, show_default=False),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        help="Learning rate; without it, one is chosen that converges.",
        show_default=False,
    ),
]
Standardize = Annotated[
    bool,
    typer.Option(
        "--standardize", help="Descend on standardised features; slopes stay in the data's units."
    ),
]
TestFraction = Annotated[
    float, typer.Option("--test-fraction", help="Part of the rows to hold out, from 0 below 1.")
]
Seed = Annotated[int, typer.Option("--seed", help="Which rows are held out.", min=0)]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the model, as JSON.", show_default=False),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the error at each epoch: .png, .svg, .pdf.",
        show_default=False,
    ),
]


def fit(
    data: DataFile,
    *,
    target: Target,
    features: Features = None,
    epochs: Epochs = None,
    rate: Rate = None,
    standardize: Standardize = False,
    test_fraction: TestFraction = 0.0,
    seed: Seed = 0,
    out: Out = None,
    plot: Plot = None,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Fit a linear regression to the columns of a file, by gradient descent.

    Prints the slopes and the intercept in the data's own units, and the mean
    squared error. A fit that diverges ends with 1 and writes no model.

    Examples:
      chainrule fit data.csv --target y --epochs 1000 --rate 0.01 --out model.json
      chainrule fit data.parquet --target price --features size,rooms --standardize
      chainrule fit data.csv --target y --test-fraction 0.2 --plot mse.png
    """
    check_options(rate, test_fraction, out, plot)
    sheet = reading.sheet(data)
    columns = features_of(sheet, target, listed(features))
    split = split_rows(reading.table(sheet, [*columns, target]), target, test_fraction, seed)
    model: Any = fitted(
        LinearRegression(epochs, rate, standardize=standardize, on_divergence="ignore"),
        split,
        epochs,
    )
    outcome: FitOutcome = model.outcome_  # comes with fitting, unknown to the type
    document = {"data": str(data), "target": target} | learned(model, columns)
    for name, rows in (("training", split.training), ("held_out", split.held_out)):
        found = (
            scores(split.expected(rows), model.predict(split.features(rows))) if len(rows) else None
        )
        document[name] = found
    good = outcome.status != "diverged"
    if out is not None and good:
        model.save(out)
    if plot is not None:
        write_loss_curve(
            plot,
            curves(model, split),
            title=f"Fit of {shortened(target)}",
            unit="the target's unit, squared",
        )
    document["model"] = str(out) if out is not None and good else None
    document["plot"] = None if plot is None else str(plot)
    codes = {"diverged": NO, "interrupted": INTERRUPTED}
    return Answer(document, lambda page: show(page, document), codes.get(outcome.status, DONE))


def learned(model: Any, columns: list[str]) -> dict[str, Any]:
    """Return what a fit has learned, and how it ended, for the page and for --json."""
    outcome: FitOutcome = model.outcome_
    return {
        "outcome": outcome.status,
        "message": message(outcome, model.learning_rate_),
        "epochs": len(model.history),
        "rate": model.learning_rate_,
        "largest_stable_rate": outcome.largest_stable_rate,
        "slopes": dict(zip(columns, model.mx.values(), strict=True)),
        "intercept": model.yint,
        "formula": str(model.prediction_expression),
    }


def check_options(rate: float | None, fraction: float, out: Path | None, plot: Path | None) -> None:
    """Check what can be checked before any work is done.

    Raises: ValueTypeError; FileNotFoundError for a folder to write to; FileFormatError.
    """
    if rate is not None and not 0 < rate < math.inf:
        raise ValueTypeError(
            f"--rate {rate:g} is not positive and finite.\n"
            "  For instance --rate 0.01; without it, one is chosen."
        )
    if not 0 <= fraction < 1:
        raise ValueTypeError(
            f"--test-fraction {fraction:g} is not from 0 below 1.\n  For instance 0.2."
        )
    check_folder(out)
    check_folder(plot)
    if plot is not None:
        check_picture(plot)


def features_of(sheet: Sheet, target: str, named: list[str]) -> list[str]:
    """Return the columns to predict from: those named, or all of numbers but the target.

    Raises: DataError.
    """
    check_names([target, *named], sheet.names, called=sheet.path.name)
    if target in named:
        raise DataError(f"{target!r} is the target and a feature.\n  Leave it out of --features.")
    if named:
        return list(dict.fromkeys(named))
    found = [name for name in sheet.numeric if name != target]
    used = {*found, target}
    left_out = [name for name in sheet.names if name not in used]
    sheet.check_left_out(left_out)
    if not found:
        raise DataError(
            f"{sheet.path.name} has no column of numbers besides {target!r}.\n"
            f"  It has: {', '.join(map(repr, sheet.names))}."
        )
    if left_out:
        warn(f"left out, for they are not numbers: {', '.join(map(repr, left_out))}.")
    return found


def shortened(name: str, most: int = 60) -> str:
    """Return a name that has room in a title."""
    return name if len(name) <= most else f"{name[: most - 3]}..."


def message(outcome: FitOutcome, rate: float) -> str:
    """Say how a fit ended; where it diverged, which options would help."""
    if not outcome.diverged:
        return outcome.message
    words = f"the fit diverged at epoch {outcome.epoch:,} with --rate {rate:g}."
    stable = outcome.largest_stable_rate
    if stable is not None:
        words += f" The largest stable rate here is {stable:.4g}."
    hint = f"--rate {stable / 2:.2g}, " if stable else ""
    return f"{words}\n  Try {hint}--standardize, or leave --rate and --epochs out."


def show(page: Console, document: Mapping[str, Any]) -> None:
    """Print a fit for people."""
    slopes = table(("column", "left"), ("slope", "right"))
    for name, slope in document["slopes"].items():
        slopes.add_row(printable(name), number(slope))
    slopes.add_section()
    slopes.add_row("intercept", number(document["intercept"]))
    page.print(slopes)
    page.print(score_table({name: document[name] for name in ("training", "held_out")}))
    style = "bold red" if document["outcome"] in ("diverged", "interrupted") else ""
    page.print(Text(document["message"], style), soft_wrap=True)
    for name in ("model", "plot"):
        if document[name] is not None:
            page.print(f"{name} written to {printable(document[name])}", soft_wrap=True)


def score_table(found: Mapping[str, Mapping[str, Any] | None]) -> Any:
    """Return the table of the scores that there are."""
    made = table(("rows", "left"), ("number", "right"), ("MSE", "right"), ("R²", "right"))
    for name, score in found.items():
        if score is not None:
            r2 = "-" if score["r2"] is None else number(score["r2"])
            made.add_row(name.replace("_", " "), str(score["rows"]), number(score["mse"]), r2)
    return made
