"""`check_operation`: everything that an operation says of itself, checked against everything else.

May import the language; it knows no operation by name, so that a user's own is checked like ours.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chainrule.calculus.elementwise_check import check_elementwise
from chainrule.calculus.findings import Finding, Findings
from chainrule.calculus.operation_points import TrialPoint, points_of
from chainrule.calculus.quiet import quiet
from chainrule.calculus.settings import checked_tolerance
from chainrule.calculus.structural_check import check_structural
from chainrule.engine.bundle import Bundle
from chainrule.errors import ChainRuleError, OperationError
from chainrule.language.expression import expression
from chainrule.language.kinds import operation as operation_kind
from chainrule.language.parts import names_of, parts_of
from chainrule.language.text.parse import parse
from chainrule.report import Document, Report, Section, Sentence, counted

__all__ = ["OperationReport", "check_operation"]


@dataclass(frozen=True, slots=True, repr=False)
class OperationReport(Report):
    """What `check_operation` found; prints as a text, and is true to its `ok`.

    findings: what is wrong. notes: what could not be checked, and why. checked: comparisons made.
    """

    operation: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    checked: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<OperationReport: {self.summary()}>"

    def summary(self) -> Sentence:
        """Say in a line what was checked, and what came of it."""
        said = "{operation}: ok ({checked} comparisons)"
        if not self.ok:
            said = "{operation}: WRONG, {findings} ({checked} comparisons)"
        findings = counted(len(self.findings), "finding")
        return Sentence(said, operation=self.operation, findings=findings, checked=self.checked)

    def document(self) -> Document:
        """Return a line a finding, and a line a note."""
        notes = [Sentence("note: {note}", note=note) for note in self.notes]
        lines = [*[finding.sentence() for finding in self.findings], *notes]
        return Document([Section(self.summary(), lines=lines)])

    def raise_for_failure(self) -> None:
        """Raise OperationError with the whole report, unless it is ok."""
        if not self.ok:
            raise OperationError(str(self))


def check_operation(
    operation: Any, *, samples: Iterable[Any] | None = None, tolerance: float = 1e-9
) -> OperationReport:
    """Check a class of operations, a user's own too, and say exactly what is wrong with it.

    operation: the class, or the function that reads it. samples: tuples of operands, each with a
    mapping of keywords at its end if need be; otherwise those that the class gives.
    tolerance: relative, of derivatives.
    Checked are the values on floats, arrays, single precision and exact numbers against each
    other; the derivatives against differences (in many digits where mpmath is installed), read on
    numbers, arrays and expressions, forward and in reverse, to the second order; shapes, broadcast
    and empty; text, pickle and copy.
    Raises: OperationError for what is no operation, or samples that it does not take; SettingError
    for a tolerance that is not between 0 and 1.

    >>> from chainrule import multiplication
    >>> check_operation(multiplication).ok
    True
    """
    kind = getattr(operation, "operation", operation)
    if not (isinstance(kind, type) and issubclass(kind, operation_kind)):
        raise OperationError(
            f"{operation!r} is not an operation. Give a class made from elementwise, composed or "
            "structural, or the function that `reading` made of it."
        )
    tolerance = checked_tolerance(tolerance)
    found = Findings()
    points = points_of(kind, kind.samples if samples is None else samples)
    if not points:
        found.add(
            "samples", "there are none, so nothing can be checked. Add `samples` to the class body."
        )
    with quiet():  # the mean of nothing is asked for
        check = check_elementwise if kind.is_elementwise else check_structural
        check(kind, points, found, tolerance)
        for point in points[:1]:
            check_text(kind, point, found)
            check_copies(kind, point, found)
    return OperationReport(kind.__name__, tuple(found.wrong), tuple(found.notes), found.count)


def node_over_variables(kind: Any, point: TrialPoint) -> expression:
    """Build the operation over variables, with a point's attributes."""
    leaves = [expression(f"x{number + 1}") for number in range(len(point.operands))]
    made: expression = kind.of((*leaves, *point.attributes))
    return made


def check_text(kind: Any, point: TrialPoint, found: Findings) -> None:
    """Check that the written form is read back as the same graph, and that of each value of it."""
    if any(type(operand) is Bundle for operand in point.operands):
        return  # no variable stands for several values
    unread = getattr(kind, "unread", "")
    if unread:
        found.notes.append(f"text: not read back, since {unread}.")
        return
    whole = node_over_variables(kind, point)
    for node in [whole, *parts_of(whole, names_of(whole))]:
        written = str(node)
        try:
            back = parse(written)
        except ChainRuleError as error:
            found.add(
                "text",
                "it is written as {written}, which cannot be read back: {error}",
                written=written,
                error=str(error),
            )
            continue
        found.same(
            back is node,
            "text",
            "it is written as {written}, which is read as {back}.",
            written=written,
            back=back,
        )


def check_copies(kind: Any, point: TrialPoint, found: Findings) -> None:
    """Check that a copy, and what comes back from a pickle, is the same node."""
    node = node_over_variables(kind, point)
    found.same(copy.deepcopy(node) is node, "copy", "a copy is another node.")
    if getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        found.notes.append("pickle: not checked, since no module holds the class by its name.")
        return
    try:
        back = pickle.loads(pickle.dumps(node))  # noqa: S301 - it has just been written
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        found.add("pickle", "it cannot be pickled: {error}.", error=str(error))
        return
    found.same(back is node, "pickle", "what comes back from a pickle is another node.")
