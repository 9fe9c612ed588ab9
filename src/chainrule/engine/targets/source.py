"""Write a program as Python source, for plain floats or for arrays, and make a function of it.

The generated function does the interpreter's operations in the interpreter's order, so both give
the same bits; what it saves is the walking. That for floats raises where Python's float arithmetic
does, and its caller then runs the interpreter, which follows IEEE 754.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.engine.numbers import FLOATS, Numbers
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role

__all__ = ["array_step", "float_function", "float_step", "python_source"]


def python_source(
    program: Program, names: Sequence[str] | None, *, with_value: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the source of `compute(values)` and the globals that it needs.

    names: None for a function that returns the first output; otherwise the remaining outputs are
    the partials by these names, returned as a dict, behind the value unless `with_value` is false.
    """
    # A dataframe answers to [...] too, each with errors of its own: those go another way.
    lines = ["def compute(values):", "    if values.__class__ is not dict: raise TypeError"]
    namespace: dict[str, Any] = {"math": math}
    for number, (name, slot) in enumerate(program.inputs.items()):
        lines.append(f"    t{slot} = values[{name!r}]")
        # The type's identity is the cheapest test there is; `scalar` takes the other numbers.
        lines.append(f"    if t{slot}.__class__ is not float: t{slot} = scalar(t{slot})")
        del number
    lines += float_lines(program, namespace)
    first, *others = [f"t{slot}" for slot in program.outputs]
    # A toy language need not know the word.
    is_truth = getattr(program.operations[program.outputs[0]], "gives_truth", False)
    first = f"{first} != 0" if is_truth else f"float({first})"
    if names is None:
        lines.append(f"    return {first}")
    else:
        pairs = ", ".join(f"{n!r}: {o}" for n, o in zip(names, others, strict=True))
        lines.append(
            f"    return {first}, {{{pairs}}}" if with_value else f"    return {{{pairs}}}"
        )
    return "\n".join(lines) + "\n", namespace


def float_lines(program: Program, namespace: dict[str, Any]) -> list[str]:
    """Return a line for every step, over t0, t1, ...; what they need is put into the namespace."""
    lines = []
    for slot, operation in enumerate(program.operations):
        if operation.role is Role.VARIABLE:
            continue
        if operation.role is Role.CONSTANT:
            namespace[f"t{slot}"] = FLOATS.constant(program.attributes[slot][0])
            continue
        operands = [f"t{argument}" for argument in program.arguments[slot]]
        spelling = operation.spell.get("python")
        if spelling is None or "attributes" in spelling:
            namespace[f"f{slot}"] = operation.on_float
            namespace[f"a{slot}"] = program.attributes[slot]
            spelled = f"f{slot}({', '.join([*operands, f'*a{slot}'])})"
        else:
            spelled = spelling.format(*operands)
        lines.append(f"    t{slot} = {spelled}")
    return lines


def array_lines(
    program: Program,
    numbers: Numbers,
    namespace: dict[str, Any],
    *,
    kept: Sequence[int] = (),
    shapes: Sequence[Any] | None = None,
) -> list[str]:
    """Return a line for every step on arrays, which lets go of what nobody needs any more.

    kept: slots that are needed all the same. shapes: of every slot, where they are known and have
    been found to fit.
    """
    lines = []
    last_uses = program.last_uses()
    stays = frozenset(kept)
    for slot, operation in enumerate(program.operations):
        if operation.role is Role.VARIABLE:
            continue
        if operation.role is Role.CONSTANT:
            namespace[f"t{slot}"] = numbers.constant(program.attributes[slot][0])
            continue
        given = [f"t{argument}" for argument in program.arguments[slot]]
        made = None if shapes is None else function_for(program, slot, shapes)
        namespace[f"f{slot}"] = operation.on_array if made is None else made
        for number, attribute in enumerate(program.attributes[slot] if made is None else ()):
            namespace[f"a{slot}_{number}"] = attribute
            given.append(f"a{slot}_{number}")
        line = f"    t{slot} = f{slot}({', '.join(given)})"
        finished = [
            f"t{done}"
            for done in last_uses[slot]
            if done not in stays and f"t{done}" not in namespace
        ]
        lines.append(f"{line}; del {', '.join(finished)}" if finished else line)
    return lines


def function_for(program: Program, slot: int, shapes: Sequence[Any]) -> Any:
    """Return the function of a step for operands of these shapes; None where it has no such."""
    rule = getattr(program.operations[slot], "for_shapes", None)  # a toy need not know the word
    if rule is None:
        return None
    return rule(*[shapes[place] for place in program.arguments[slot]], *program.attributes[slot])


def array_step(
    program: Program, names: Sequence[str], numbers: Numbers
) -> Callable[..., tuple[Any, ...]]:
    """Compile the program to a function of arrays by position, as `float_step` does."""
    namespace: dict[str, Any] = {}
    return step_of(program, names, array_lines(program, numbers, namespace), namespace)


def float_step(program: Program, names: Sequence[str]) -> Callable[..., tuple[float, ...]]:
    """Compile the program to a function of floats by position that returns all outputs.

    names: the variables in the order of the parameters; the program need not contain them all.
    """
    namespace: dict[str, Any] = {"math": math}
    return step_of(program, names, float_lines(program, namespace), namespace)


def step_of(
    program: Program, names: Sequence[str], steps: Sequence[str], namespace: dict[str, Any]
) -> Callable[..., tuple[Any, ...]]:
    """Compile these lines to a function of the variables that returns all outputs."""
    places = [program.inputs.get(name) for name in names]
    given = [f"u{i}" if slot is None else f"t{slot}" for i, slot in enumerate(places)]
    lines = [f"def compute({', '.join(given)}):", *steps]
    lines.append(f"    return ({''.join([f't{slot}, ' for slot in program.outputs])})")
    # A chunk of our own making, see `float_function`.
    exec(compile("\n".join(lines) + "\n", "<chainrule>", "exec"), namespace)  # noqa: S102
    made: Callable[..., tuple[Any, ...]] = namespace["compute"]
    return made


def float_function(
    program: Program,
    names: Sequence[str] | None,
    scalar: Callable[[Any], float],
    *,
    with_value: bool = True,
) -> Callable[[Mapping[str, Any]], Any]:
    """Compile the program to a Python function of a mapping; `scalar` turns a value into a float.

    The source is made of slot numbers, spellings from class bodies and quoted names only: nothing
    that a user wrote is executed.
    """
    source, namespace = python_source(program, names, with_value=with_value)
    namespace["scalar"] = scalar
    # A chunk of our own making, see the docstring.
    exec(compile(source, "<chainrule>", "exec"), namespace)  # noqa: S102
    made: Callable[[Mapping[str, Any]], Any] = namespace["compute"]
    return made
