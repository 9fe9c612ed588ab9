"""`chainrule sweep`: the same regression at several learning rates and numbers of epochs."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from chainrule.cli.answering import Answer
from chainrule.cli.fit import DataFile, Features, Plot, Standardize, Target, features_of
from chainrule.cli.options import check_folder, listed
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.cli.showing import show_document
from chainrule.draw.curves import check_picture, plot_rates
from chainrule.draw.paper import new_figure
from chainrule.errors import ValueTypeError
from chainrule.models import LinearRegression, learning_rate_study
from chainrule.models.rates import RateStudy
from chainrule.report import Cell, Document, Section, figure

__all__ = ["sweep"]

Rates = Annotated[
    str,
    typer.Option(
        "--rates", metavar="RATE,...", help="For instance 0.001,0.01,0.1.", show_default=False
    ),
]
EpochsEach = Annotated[
    str,
    typer.Option("--epochs", metavar="COUNT,...", help="For instance 100,1000."),
]


def sweep(
    data: DataFile,
    *,
    target: Target,
    rates: Rates,
    epochs: EpochsEach = "100,1000",
    features: Features = None,
    standardize: Standardize = False,
    plot: Plot = None,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Fit a linear regression at several learning rates, and show the error after some epochs.

    Examples:
      chainrule sweep data.csv --target y --rates 0.001,0.01,0.1 --epochs 100,1000 --plot out.png
    """
    check_folder(plot)
    if plot is not None:
        check_picture(plot)
    chosen = numbers(rates, "--rates", float)
    counts = sorted(set(numbers(epochs, "--epochs", int)))
    sheet = reading.sheet(data)
    columns = features_of(sheet, target, listed(features))
    table_of_data = reading.table(sheet, [*columns, target])
    given = {name: table_of_data[name] for name in columns}
    study = learning_rate_study(
        LinearRegression(counts[-1], standardize=standardize), given, table_of_data[target], chosen
    )
    if plot is not None:
        figure = new_figure()
        plot_rates(study, counts, ax=figure.subplots())
        figure.savefig(plot)
    document = document_of(study, counts) | {"data": str(data), "target": target}
    document["plot"] = None if plot is None else str(plot)
    return Answer(document, lambda console: show(console, study, counts))


def numbers(words: str, option: str, kind: type) -> list[Any]:
    """Read numbers divided by commas.

    Raises: ValueTypeError, naming what is none, or not above 0.
    """
    found = []
    for word in words.split(","):
        try:
            value = kind(word)
        except ValueError:
            value = None
        if value is None or not 0 < value < np.inf:
            wanted = "a whole number above 0" if kind is int else "a number above 0"
            raise ValueTypeError(f"{option}: {word.strip()!r} is not {wanted}.")
        found.append(value)
    return found


def losses_at(study: RateStudy, counts: list[int]) -> list[list[float]]:
    """Return the loss of each run after so many epochs; a run that ended stays as it ended."""
    return [
        [float(losses[min(count, len(losses) - 1)]) for count in counts]
        for losses in study.losses.values()
    ]


def document_of(study: RateStudy, counts: list[int]) -> dict[str, Any]:
    """Return the study as data."""
    return {
        "epochs": counts,
        "largest_stable_rate": study.largest_stable_rate,
        "runs": [
            {"rate": run.rate, "behaviour": run.behaviour, "losses": losses}
            for run, losses in zip(study.runs, losses_at(study, counts), strict=True)
        ],
    }


def show(console: Console, study: RateStudy, counts: list[int]) -> None:
    """Print a line a rate."""
    heads = [f"after {count:,}" for count in counts]
    rows = [
        [figure(run.rate), *map(figure, losses), Cell(run.behaviour)]
        for run, losses in zip(study.runs, losses_at(study, counts), strict=True)
    ]
    words = [study.limit()]
    align = "r" * (1 + len(counts)) + "l"
    table = Section(head=("rate", *heads, "behaviour"), rows=rows, lines=words, align=align)
    show_document(console, Document([table]))
