"""`chainrule predict`: a saved model's predictions for the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chainrule.cli.answering import Answer
from chainrule.cli.fit import DataFile
from chainrule.cli.options import check_folder
from chainrule.cli.output import printable, rows, write_lines
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.errors import DataError
from chainrule.models import load_model
from chainrule.tables import Table, write_table

__all__ = ["predict"]

ModelFile = Annotated[
    Path,
    typer.Argument(metavar="MODEL", help="What `chainrule fit --out` wrote.", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Write the model's columns and its predictions to a table, instead of printing them.",
        show_default=False,
    ),
]


def predict(
    model: ModelFile, data: DataFile, *, out: Out = None, reading: Reading = AS_IT_IS
) -> Answer:
    """Predict the target of a saved model for the rows of a file, one a line.

    Columns are found by name, whatever their order; the file may have others.

    Examples:
      chainrule predict model.json data.csv
      chainrule predict model.json data.parquet --out predictions.csv
    """
    check_folder(out)
    loaded: Any = load_model(model)  # what it learned comes with loading, unknown to the type
    table = columns_for(loaded, data, reading)
    predictions = loaded.predict(table)
    target = loaded.formula_.target
    if out is not None:
        write_table(out, table.mapping() | {f"predicted_{target}": predictions})

    def show(page: Console) -> None:
        if out is None:
            write_lines(page, rows(predictions))
        else:
            words = f"{len(predictions)} predictions of {target} written to {out}"
            page.print(printable(words), soft_wrap=True)

    document = {
        "model": str(model),
        "data": str(data),
        "target": target,
        "predictions": predictions,
        "out": None if out is None else str(out),
    }
    return Answer(document, show)


def columns_for(model: Any, data: Path, reading: Reading) -> Table:
    """Read the columns that a model predicts from; all, in their order, if it knows no names.

    Raises: DataError for columns that the file lacks.
    """
    sheet = reading.sheet(data)
    named = getattr(model, "feature_names_in_", None)
    if named is not None:
        return reading.table(sheet, [str(name) for name in named])
    if len(sheet.names) != model.n_features_in_:
        raise DataError(
            f"the model was fitted to {model.n_features_in_} columns without names, and "
            f"{data.name} has {len(sheet.names)}.\n  Give a file of those columns, in their order."
        )
    return reading.table(sheet)
