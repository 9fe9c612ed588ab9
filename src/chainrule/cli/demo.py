"""`chainrule demo`: a linear regression on real data, from the file to the saved model.

The answer is compared with that of least squares, which NumPy finds in another way altogether.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

import chainrule
from chainrule.calculus.numerical import numerical_derivative
from chainrule.cli.answering import Answer
from chainrule.cli.output import DONE, NO, number, printable, table
from chainrule.cli.training import Split, curves, fitted, scores, split_rows
from chainrule.draw.curves import check_picture, write_loss_curve
from chainrule.models import LinearRegression, load_model
from chainrule.tables import load_penguins
from chainrule.tables.columns import Floats

__all__ = ["demo"]

TARGET, UNIT = "body_mass_g", "g"
# Of the slopes, by the ends of their columns' names.
UNITS = {"_mm": "g/mm", "year": "g/year"}
SOURCE = (
    "Gorman, Williams & Fraser (2014), PLoS ONE 9(3): e90081,",
    "https://doi.org/10.1371/journal.pone.0090081",
    "as put together in palmerpenguins by Horst, Hill & Gorman (2020)",
)
LICENCE = "CC0 1.0 (public domain), https://creativecommons.org/publicdomain/zero/1.0/"
HELD_OUT, SEED = 0.2, 0
# The largest stable rate of these rows is 0.34; at 0.2, each epoch takes 1.5 % off the slowest part
# of the error, and 1,000 of them leave less than a millionth.
EPOCHS, RATE = 1_000, 0.2
DIGITS = 4
SHOWN = 5  # penguins, and epochs

Folder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write to; made if it is missing.")
]


def demo(*, out: Folder = Path("demo-output")) -> Answer:
    """Fit a linear regression to 333 penguins, and compare it with least squares.

    Trains by gradient descent, whose gradient comes from the loss expression;
    writes the error at each epoch as mse.png and the model as model.json, and
    predicts held-out penguins from that file. Ends with 1 unless slopes,
    intercept and errors agree with least squares to 4 digits.

    Examples:
      chainrule demo
      chainrule demo --out results --json
    """
    out.mkdir(parents=True, exist_ok=True)
    model_file, picture = out / "model.json", out / "mse.png"
    check_picture(picture)
    split = split_rows(load_penguins(), TARGET, HELD_OUT, SEED)
    began = time.perf_counter()
    model = fitted(LinearRegression(EPOCHS, RATE, standardize=True), split, EPOCHS)
    seconds = time.perf_counter() - began
    exact = least_squares(split)
    found = compared(model, exact, split)
    write_loss_curve(
        picture,
        curves(model, split),
        title="Penguins: predicting body mass by gradient descent",
        unit=f"{UNIT}²",
        reference=("least squares, training", found["mse_training"]["least_squares"]),
        log_epochs=True,
    )
    model.save(model_file)
    apart = max(map(difference, found.values()))
    document = {
        "data": {"rows": split.table.n_rows, "source": " ".join(SOURCE), "licence": LICENCE},
        "training_rows": len(split.training),
        "held_out_rows": len(split.held_out),
        "epochs": EPOCHS,
        "rate": RATE,
        "seconds": seconds,
        "loss": loss_by_epoch(model),
        "gradient": gradient_at_start(model, split),
        "answers": found,
        "largest_relative_difference": apart,
        "agrees": apart < 0.5 * 10.0**-DIGITS,
        "predictions": penguins(load_model(model_file), split),
        "files": {"model": str(model_file), "mse": str(picture)},
    }
    return Answer(document, lambda page: show(page, document), DONE if document["agrees"] else NO)


def least_squares(split: Split) -> Floats:
    """Return the slopes and the intercept that minimise the error on the training rows.

    Source: numpy.linalg.lstsq, by singular values; shares nothing with the descent.
    """
    matrix = split.features(split.training).matrix()
    ones = np.ones((len(matrix), 1))
    answer: Floats = np.linalg.lstsq(
        np.hstack([matrix, ones]), split.expected(split.training), rcond=None
    )[0]
    return answer


def compared(model: LinearRegression, exact: Floats, split: Split) -> dict[str, dict[str, Any]]:
    """Return every slope, the intercept and both errors, by descent and by least squares."""
    features = split.features(split.training)
    names = [*features.names, "intercept"]
    ours = [*model.mx.values(), model.yint]
    found: dict[str, dict[str, Any]] = {
        name: {"descent": mine, "least_squares": theirs, "unit": unit_of(name)}
        for name, mine, theirs in zip(names, ours, exact.tolist(), strict=True)
    }
    for name, rows in (("mse_training", split.training), ("mse_held_out", split.held_out)):
        table_of_rows, expected = split.features(rows), split.expected(rows)
        predicted = table_of_rows.matrix() @ exact[:-1] + exact[-1]
        found[name] = {
            "descent": scores(expected, model.predict(table_of_rows))["mse"],
            "least_squares": scores(expected, predicted)["mse"],
            "unit": f"{UNIT}²",
        }
    return found


def unit_of(name: str) -> str:
    """Return the unit of a column's slope."""
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), UNIT)


def difference(pair: Mapping[str, Any]) -> float:
    """Return how far the two answers are apart, relative to that of least squares."""
    return float(abs(pair["descent"] - pair["least_squares"]) / abs(pair["least_squares"]))


def loss_by_epoch(model: LinearRegression) -> dict[str, float]:
    """Return the loss after 0, 1, 10, 100, ... epochs."""
    history = model.history
    found = {str(after): float(history.loss[after]) for after in (0, 1, 10, 100)}
    return {**found, str(len(history)): history.final.loss}


def gradient_at_start(model: LinearRegression, split: Split) -> dict[str, Any]:
    """Return the loss as a formula, its derivative by one slope, and both ways to its value.

    The slope is that of the flipper's length, with every parameter at 0.
    """
    features = split.features(split.training)
    loss = model.loss_expression
    names = model.history.names
    slope = names[features.names.index("flipper_length_mm")]
    values: dict[str, Any] = {
        **features.mapping(),
        TARGET: split.expected(split.training),
        **dict.fromkeys(names, 0.0),
    }
    return {
        "loss": str(loss),
        "by": slope,
        "derivative": str(loss.derivative(slope)),
        "at_start": loss.diff(values, slope),
        "at_start_by_differences": float(numerical_derivative(loss, values, slope)),
    }


def penguins(model: LinearRegression, split: Split) -> list[dict[str, Any]]:
    """Return some held-out penguins, with what the model predicts and what was measured."""
    rows = split.held_out[:: len(split.held_out) // SHOWN][:SHOWN]
    features = split.features(rows)
    columns = features.mapping()
    found = []
    for place, predicted in enumerate(model.predict(features).tolist()):
        known = {name: float(column[place]) for name, column in columns.items()}
        species = "Gentoo" if known["gentoo"] else "Chinstrap" if known["chinstrap"] else "Adelie"
        found.append(
            {
                "row": int(rows[place]),
                "penguin": f"{species}, {'male' if known['male'] else 'female'}",
                "flipper_length_mm": known["flipper_length_mm"],
                "predicted": predicted,
                "observed": float(split.expected(rows)[place]),
            }
        )
    return found


def show(page: Console, document: Mapping[str, Any]) -> None:
    """Print the demo for people."""
    heading(page, f"chainrule {chainrule.__version__}: linear regression by gradient descent")
    facts = {
        "Data": f"{document['data']['rows']} Palmer penguins: body mass from seven columns",
        "Source": "\n".join(SOURCE),
        "Licence": LICENCE,
        "Rows": f"{document['training_rows']} to train on, {document['held_out_rows']} held out",
    }
    for name, words in facts.items():
        fact(page, name, words)
    show_gradient(page, document["gradient"])
    heading(page, f"Training: {EPOCHS:,} epochs at rate {RATE:g}, features standardised")
    for after, loss in document["loss"].items():
        line = f"  epoch {int(after):>5,}   MSE ", (f"{loss:>10,.0f}", "cyan"), f" {UNIT}²"
        page.print(Text.assemble(*line))
    page.print(f"  {document['seconds']:.2f} s")
    show_answers(page, document)
    heading(page, "Held-out penguins, predicted from the saved model")
    shown = table(
        ("row", "right"),
        ("penguin", "left"),
        ("flipper", "right"),
        ("predicted", "right"),
        ("observed", "right"),
        ("error", "right"),
    )
    for bird in document["predictions"]:
        shown.add_row(
            str(bird["row"]),
            bird["penguin"],
            f"{bird['flipper_length_mm']:.0f} mm",
            f"{bird['predicted']:,.0f} g",
            f"{bird['observed']:,.0f} g",
            f"{bird['predicted'] - bird['observed']:+,.0f} g",
        )
    page.print(Padding(shown, (0, 0, 0, 1), expand=False))
    fact(page, "Model", printable(document["files"]["model"]))
    fact(page, "Picture", printable(document["files"]["mse"]))


def show_gradient(page: Console, gradient: Mapping[str, Any]) -> None:
    """Print the loss expression, and one derivative of it."""
    by, differences = gradient["by"], gradient["at_start_by_differences"]
    heading(page, "The loss is an expression, and its gradient comes from it")
    fact(page, "loss", gradient["loss"])
    fact(page, f"by {by}", gradient["derivative"])
    words = f"{gradient['at_start']:.10g}, by differences of the loss {differences:.10g}"
    fact(page, "at zero", words)


def show_answers(page: Console, document: Mapping[str, Any]) -> None:
    """Print both answers side by side, and whether they agree."""
    heading(page, "The answer, in the data's own units")
    answers = table(
        ("", "left"), ("descent", "right"), ("least squares", "right"), ("unit", "left")
    )
    for name, pair in document["answers"].items():
        if name == "mse_training":
            answers.add_section()
        words = name.replace("mse_", "MSE, ").replace("held_out", "held out")
        answers.add_row(words, number(pair["descent"]), number(pair["least_squares"]), pair["unit"])
    page.print(Padding(answers, (0, 0, 0, 1), expand=False))
    apart = document["largest_relative_difference"]
    verdict = ("agree", "bold green") if document["agrees"] else ("do NOT agree", "bold red")
    page.print(
        Text.assemble(
            "  They ", verdict, f" to {DIGITS} digits: at most {apart:.1e} apart, relatively."
        )
    )


def heading(page: Console, words: str) -> None:
    """Print a heading."""
    page.print()
    page.print(Text(words, "bold"), soft_wrap=True)


def fact(page: Console, name: str, words: str) -> None:
    """Print a name and what it stands for, lines of it below each other."""
    label = Text(f"{name:<9}", "cyan")
    room = max(40, page.width - 11) if page.is_terminal else 10_000
    lines = [part for line in words.splitlines() for part in wrapped(line, room)]
    for place, line in enumerate(lines):
        page.print(Text.assemble("  ", label if place == 0 else " " * 9, line), soft_wrap=True)


def wrapped(line: str, room: int) -> list[str]:
    """Break a line at spaces."""
    return textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""]
