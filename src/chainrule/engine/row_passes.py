"""A program cut into passes over its rows: what is computed per row, what is folded, and the rest.

A fold may need the result of another per row, as a variance needs the mean: then it comes a pass
later. Knows no operation, and not how rows are brought.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.engine.dependency import needed_for
from chainrule.engine.node import Node
from chainrule.engine.program import Program, flatten
from chainrule.engine.rows import Kind, Rows, rows_of
from chainrule.engine.sizes import Shape

__all__ = ["RowPass", "RowSplit", "split", "with_folds_written_out"]


@dataclass(frozen=True, slots=True)
class RowPass:
    """One pass over the rows, as slots of a program, in the order in which they are computed.

    per_row: an element or more for each row; they need no rows but those of variables. folds: of
    these and of what is known, each by the word that its Rows say. rest: what is worked out from
    the folds so far.
    """

    per_row: tuple[int, ...]
    folds: tuple[int, ...]
    rest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowSplit:
    """A program whose folds are steps of their own, what each step has to do with rows, its passes.

    before: the slots that are known before the first pass, in their order: the same whatever the
    rows, or counts of rows and what is worked out from these. mixed: outputs that mix rows
    otherwise than by a fold, for which all rows are needed at once; they are in no pass.

    An operand that is not computed when it is read is read for its shape alone, as a count reads
    it: any array of this shape will do, in a pass with as many rows as the block.
    """

    program: Program
    rows: Sequence[Rows]
    before: tuple[int, ...]
    passes: tuple[RowPass, ...]
    mixed: tuple[int, ...]


def split(program: Program, shapes: Mapping[str, Shape], rows: Collection[str]) -> RowSplit:
    """Cut a program into passes over the rows of some variables.

    shapes: of all variables, by name. rows: the names of those whose first axis is that of rows.
    """
    program = with_folds_written_out(program, shapes, rows)
    found = rows_of(program, shapes, rows)
    needed = needed_for(program, program.outputs)
    by_row = [slot for slot in program.outputs if found[slot].kind is Kind.ROWS]
    last = max(
        [found[slot].stage for slot in program.outputs if found[slot].kind is Kind.FOLDED]
        + [found[slot].stage + 1 for slot in by_row],
        default=0,
    )
    passes = []
    for stage in range(last):
        after = [
            slot
            for slot in needed
            if found[slot].kind is Kind.FOLDED and found[slot].stage == stage + 1
        ]
        folds = tuple([slot for slot in after if found[slot].fold])
        wanted = [slot for slot in by_row if found[slot].stage == stage]
        wanted += [argument for slot in folds for argument in program.arguments[slot]]
        per_row = {n for n, s in enumerate(found) if s.kind is Kind.ROWS and s.stage <= stage}
        computed = needed_for(program, wanted, per_row.__contains__)
        rest = tuple([slot for slot in after if not found[slot].fold])
        passes.append(RowPass(tuple(computed), folds, rest))
    known = (Kind.FIXED, Kind.FOLDED)
    before = tuple([s for s in needed if found[s].kind in known and not found[s].stage])
    mixed = tuple([slot for slot in program.outputs if found[slot].kind is Kind.MIXED])
    return RowSplit(program, found, before, tuple(passes), mixed)


def with_folds_written_out(
    program: Program, shapes: Mapping[str, Shape], rows: Collection[str]
) -> Program:
    """Return the program with the meaning of every step that hides a fold of rows: of a mean."""
    while True:
        found = rows_of(program, shapes, rows)
        hiding = {slot for slot, state in enumerate(found) if state.hidden}
        if not hiding:
            return program
        made: list[Node] = []
        for slot, node in enumerate(program.nodes()):
            operation: Any = program.operations[slot]
            arguments = tuple([made[argument] for argument in program.arguments[slot]])
            attributes = program.attributes[slot]
            if slot in hiding:
                made.append(operation.lift(operation.meaning(*arguments, *attributes)))
            elif arguments:
                made.append(operation.again(arguments, attributes))
            else:
                made.append(node)
        program = flatten([made[slot] for slot in program.outputs])
