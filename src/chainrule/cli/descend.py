"""`chainrule descend`: minimise a formula or a test function, and tell every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from chainrule.cli.answering import Answer
from chainrule.cli.options import Data, check_folder, read_at
from chainrule.cli.output import DONE, INTERRUPTED, NO, number, printable
from chainrule.cli.reading import AS_IT_IS, Reading
from chainrule.cli.showing import show_document
from chainrule.draw.curves import check_picture, write_loss_curve
from chainrule.draw.playground import Playground, playground
from chainrule.draw.playground.scene import MOST_EPOCHS
from chainrule.errors import FileFormatError, UnknownVariable, ValueTypeError, closest
from chainrule.language.expression import expression
from chainrule.language.text.parse import parse
from chainrule.optimize.landscapes import Landscape, catalogue, find
from chainrule.optimize.running.constrained import solve_constrained
from chainrule.optimize.running.display import history
from chainrule.optimize.running.run import minimize
from chainrule.optimize.running.trace import Trace
from chainrule.report import Document, Section

__all__ = ["descend"]

SHOWN_PARAMETERS = 6
DEFAULT = "gradient descent"
NEAR = 1e-6  # of the minimum, or of 1: a run has come to it

Function = Annotated[
    str,
    typer.Argument(
        metavar="FUNCTION",
        help="A formula in quotes, or a name from `chainrule landscapes`.",
        show_default=False,
    ),
]
Start = Annotated[
    list[str] | None,
    typer.Option(
        "--start",
        metavar="NAME=VALUE",
        help="Where to begin: x=1, or x=1,y=2, or w=[0,0]. Test functions begin by themselves.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Which start, and which batches.", min=0)]
Method = Annotated[
    str, typer.Option("--method", help="For instance momentum, adam, newton, l-bfgs.")
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        help="Learning rate; without it, one from the curvature at the start.",
        show_default=False,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        "--epochs", help="Steps; without it, until it converges.", min=1, show_default=False
    ),
]
Batch = Annotated[
    int | None,
    typer.Option("--batch-size", help="Rows of the data at a time.", min=1, show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write every epoch, as JSON.", show_default=False),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the loss at each epoch: .png, .svg, .pdf.",
        show_default=False,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write a page to play with, for one or two variables.",
        show_default=False,
    ),
]


def descend(
    function: Function,
    *,
    start: Start = None,
    data: Data = None,
    method: Method = DEFAULT,
    rate: Rate = None,
    epochs: Epochs = None,
    batch_size: Batch = None,
    seed: Seed = 0,
    out: Out = None,
    plot: Plot = None,
    html: Html = None,
    reading: Reading = AS_IT_IS,
) -> Answer:
    """Minimise a formula, or a test function, and say what happened on the way.

    A run that diverges, or that the method cannot go on with, ends with 1.

    Examples:
      chainrule descend rosenbrock --method adam --rate 0.01 --html page.html
      chainrule descend "(x - 3)**2 + 10*y**2" --start x=0,y=1 --rate 0.05 --epochs 100
      chainrule descend "mean((y - (m*x + b))**2)" --data data.csv --start m=0,b=0
    """
    for path in (out, plot, html):
        check_folder(path)
    if plot is not None:
        check_picture(plot)
    landscape = known(function)
    loss = parse(function) if landscape is None else landscape.expression
    first = begun(loss, landscape, start, seed)
    if landscape is not None and landscape.constraints:
        return constrained(landscape, first, method, (rate, epochs, batch_size, out, plot, html))
    columns = columns_of(loss, first, data, reading)
    shown = loss if landscape is None else landscape
    if html is not None:  # a page that cannot be written is told of before a long run
        check_page(html)
        page_of(shown, columns, first, method, rate, epochs or 1)
    trace = minimize(
        loss,
        first,
        columns,
        method,
        learning_rate=rate,
        n_epochs=epochs,
        batch_size=batch_size,
        random_state=seed,
    )
    if out is not None:
        trace.save(out)
    if plot is not None:
        write_loss_curve(plot, {trace.method: trace.loss}, title=f"{function:.60}", quantity="Loss")
    if html is not None:
        page = page_of(shown, columns, first, method, rate, epochs or max(1, len(trace) - 1))
        page.to_html(html)
    missed = "" if landscape is None else missed_by(landscape, trace.best.loss, trace.status)
    return Answer(
        document_of(loss, trace, out, plot, html),
        lambda console: show(console, trace, missed),
        {"diverged": NO, "failed": NO, "interrupted": INTERRUPTED}.get(trace.status, DONE),
    )


def check_page(path: Path) -> None:
    """Raise FileFormatError for a file that is no page."""
    if path.suffix.lower() not in {".html", ".htm"}:
        raise FileFormatError(
            f"'{path.name}' has the extension '{path.suffix}'. A page is written as '.html'."
        )


def page_of(
    function: Any,
    columns: Any,
    first: Mapping[str, Any],
    method: str,
    rate: float | None,
    epochs: int,
) -> Playground:
    """Return the page on which the run can be played again, of no more epochs than it takes."""
    most = min(epochs, MOST_EPOCHS)
    return playground(function, data=columns, start=first, method=method, rate=rate, n_epochs=most)


def missed_by(landscape: Landscape, least: float, status: str) -> str:
    """Say which minimum of a test function a run has not come to; nothing where it has."""
    minimum = landscape.minimum
    if minimum is None or least - minimum <= NEAR * max(1.0, abs(minimum)):
        return ""
    point = ", ".join(f"{name} = {number(value)}" for name, value in landscape.minima[0].items())
    ways = "start elsewhere, by --seed or --start"
    if status != "converged":
        ways = f"go on for longer, change the rate or the method, or {ways}"
    return f"The least value of {landscape.name} is {number(minimum)}, at {point}: {ways}."


def known(function: str) -> Landscape | None:
    """Return the test function of a name, or None for a formula."""
    return find(function) if function in {item.name for item in catalogue()} else None


def begun(
    loss: expression, landscape: Landscape | None, start: list[str] | None, seed: int
) -> dict[str, Any]:
    """Return where to begin: as given, else where a test function begins.

    Raises: ValueTypeError for a formula that no start was given for.
    """
    given = read_at(start)
    if landscape is not None:
        return landscape.start(seed) | given
    if not given and loss.variables == (str(loss),):
        raise ValueTypeError(
            f"{loss} is neither a formula of more than a name, nor a test function."
            f"{closest(str(loss), [item.name for item in catalogue()])}\n"
            "  All of them: chainrule landscapes."
        )
    if not given:
        names = ",".join(f"{name}=0" for name in loss.variables[:4]) or "x=0"
        raise ValueTypeError(
            f"where to begin is not known, for {loss.to_text(limit=200)}.\n"
            f"  Give the parameters a start: --start {names}"
        )
    return given


def columns_of(
    loss: expression, first: Mapping[str, Any], data: Path | None, reading: Reading
) -> Any:
    """Return the columns of a file that the loss needs beside its parameters.

    Raises: UnknownVariable for a variable that is neither.
    """
    missing = [name for name in loss.variables if name not in first]
    if not missing:
        return None
    names: tuple[str, ...] = ()
    if data is not None:
        sheet = reading.sheet(data)
        names = tuple(sheet.names)
        if set(missing) <= set(names):
            return reading.table(sheet, missing).mapping()
    lacking = [name for name in missing if name not in names]
    known_names = f" Columns of {data.name}: {', '.join(map(repr, names))}." if data else ""
    raise UnknownVariable(
        f"{', '.join(map(repr, lacking))} in {loss.to_text(limit=200)} has no start and no data."
        f"{known_names}\n  A parameter gets one by --start, data comes by --data."
    )


def constrained(
    landscape: Landscape, first: Mapping[str, Any], method: str, others: tuple[Any, ...]
) -> Answer:
    """Solve a test function with constraints, by SLSQP unless another such method is named.

    Raises: ValueTypeError for the options of a descent, which have no meaning here.
    """
    if any(other is not None for other in others):
        raise ValueTypeError(
            f"{landscape.name} has constraints, and a method that keeps them has no rate, no "
            "batches and no epochs to draw.\n  Leave out all but --start, --seed and --method."
        )
    named = "slsqp" if method == DEFAULT else method
    box = {name: side for name, side in landscape.domain.items() if side is not None}
    found = solve_constrained(
        landscape.expression, landscape.constraints, first, bounds=box, method=named
    )
    document = {
        "formula": str(landscape.expression),
        "constraints": [str(constraint) for constraint in landscape.constraints],
        "method": named,
        "status": "converged" if found.success else "failed",
        "message": found.message,
        "loss": found.loss,
        "parameters": found.parameters,
        "broken": found.broken,
    }

    missed = missed_by(landscape, found.loss, "converged") if found.success else ""

    def tell(console: Console) -> None:
        for line in filter(None, (str(found), found.message, missed)):
            console.print(Text(printable(line)), soft_wrap=True)

    return Answer(document, tell, DONE if found.success else NO)


def document_of(loss: expression, trace: Trace, *files: Path | None) -> dict[str, Any]:
    """Return the run as data."""
    best = trace.best
    names = ("out", "plot", "html")
    return {
        "formula": str(loss),
        "method": trace.method,
        "status": trace.status,
        "message": trace.message,
        "epochs": len(trace) - 1,
        "loss": best.loss,
        "parameters": best.parameters,
        "losses": trace.loss,
        **{name: str(path) for name, path in zip(names, files, strict=True) if path is not None},
    }


def show(console: Console, trace: Trace, missed: str) -> None:
    """Print the first and the last epochs, how the run ended, and what it missed."""
    figures = [("loss", trace.loss), ("gradient", trace.gradient_norm), ("rate", trace.rate)]
    parameters = zip(trace.elements[:SHOWN_PARAMETERS], trace.path.T, strict=False)
    epochs = history([("epoch", range(len(trace))), *figures, *parameters])
    words = Section(lines=[*filter(None, (trace.message, missed))])
    show_document(console, Document([epochs, words]))
