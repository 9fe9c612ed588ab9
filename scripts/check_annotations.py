"""Fails when the language has a function without annotations that is not a rule.

The type checker lets bare functions pass there, because a rule (`def partials(y, a, b)`) reads
numbers and nodes alike. A rule is a function in a class body whose first parameter is not `self` or
`cls`; all else is an interface and says its types. Each miss is printed as
`file:line name: what is missing`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

LANGUAGE = Path("src/chainrule/language")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def interfaces(body: list[ast.stmt], *, of_class: bool = False) -> Iterator[Function]:
    """Functions of a module and methods of its classes, but no rules."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from interfaces(statement.body, of_class=True)
        elif isinstance(statement, Function):
            first = [*statement.args.posonlyargs, *statement.args.args][:1]
            if not of_class or (first and first[0].arg in {"self", "cls"}):
                yield statement


def bare(function: Function) -> list[str]:
    """What a function leaves without annotation: names of parameters, and `return`."""
    given = function.args
    starred = [argument for argument in (given.vararg, given.kwarg) if argument]
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, *starred]
    names = [
        parameter.arg
        for place, parameter in enumerate(parameters)
        if parameter.annotation is None and (place or parameter.arg not in {"self", "cls"})
    ]
    return names if function.returns else [*names, "return"]


def main(folder: Path = LANGUAGE) -> int:
    """Print every miss; the exit code says if there was one."""
    found = False
    for path in sorted(folder.rglob("*.py")):
        for function in interfaces(ast.parse(path.read_text(encoding="utf-8")).body):
            if names := bare(function):
                found = True
                print(f"{path}:{function.lineno} {function.name}: no type for {', '.join(names)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
