"""The target `python`: a program as Python source, for plain floats or for arrays.

The generated function does the interpreter's operations on the interpreter's operands, so both give
the same bits; what it saves is the walking. That for floats raises where Python's float arithmetic
does, and its caller then runs the interpreter, which follows IEEE 754. The source is made of slot
numbers, spellings from class bodies and quoted names only: nothing that a user wrote is executed.
How the steps of floats become text stands in `statements`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

from chainrule.engine.numbers import DOUBLES, Numbers
from chainrule.engine.program import Program
from chainrule.engine.protocol import Role
from chainrule.engine.targets.interpreter import numbers_of
from chainrule.engine.targets.statements import Statements, sure_floats
from chainrule.engine.targets.target import Kernel, Signature

__all__ = [
    "MOST_STEPS",
    "PYTHON",
    "Form",
    "all_pieces",
    "array_step",
    "by_mapping",
    "by_position",
    "float_function",
    "float_step",
    "function_pieces",
    "source_text",
]

# Generating code takes as long as interpreting each step about thirty times (measured: 25 to 40).
PAYS_AFTER = 30
# Beyond so many steps nothing is generated: a step takes some 20 microseconds, once and for all,
# and what cannot be put down in between, such as flattening, must not hold a call for long.
MOST_STEPS = 10_000
# The statements of one function: compiling them takes some 20 ms.
PIECE = 500


class Form(NamedTuple):
    """How a generated function takes its inputs, and what it makes of the outputs.

    parameters: as they stand behind `def compute`. reads: for each input the expression that gives
    it. passed: the parameters that the pieces of a long function are handed. opening: statements
    that come first. checked: whether an input may be something else than a float, and goes
    through `scalar` then. result: writes what is returned, given the words for the outputs.
    values: the places among the outputs of what is handed out as it is. otherwise: the expression
    returned where floats raise; without one they do. in_pieces: whether a long one may be cut.
    """

    parameters: str
    reads: Sequence[str]
    passed: str
    result: Callable[[Sequence[str]], str]
    opening: Sequence[str] = ()
    checked: bool = True
    values: Sequence[int] = ()
    otherwise: str = ""
    in_pieces: bool = True


def tuple_of(words: Sequence[str]) -> str:
    """Write a tuple, also of one."""
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def by_position(count: int) -> Form:
    """Return the form of a kernel: floats by position, a tuple of the outputs."""
    reads = [f"inputs[{number}]" for number in range(count)]
    return Form("*inputs", reads, "inputs", tuple_of, checked=False)


def by_mapping(program: Program, names: Sequence[str] | None, *, with_value: bool = True) -> Form:
    """Return the form of a function of a dict by name.

    names: None for a function that returns the first output; otherwise the outputs behind it are
    the partials by these names, returned as a dict. with_value: whether the value comes first, of
    the outputs and of what is returned.
    """

    def result(words: Sequence[str]) -> str:
        listed = [words[0]] if with_value else []
        if names is not None:
            pairs = zip(names, words[with_value:], strict=True)
            listed.append("{" + ", ".join([f"{name!r}: {word}" for name, word in pairs]) + "}")
        return ", ".join(listed)

    return Form(
        "values",
        [f"values[{name!r}]" for name in program.inputs],
        "values",
        result,
        # A dataframe answers to [...] too, each with errors of its own: those go another way.
        [
            "if values.__class__ is not dict: raise TypeError",
            *[
                f"if {name!r} in values: raise TypeError"
                for name in sorted(program.numbers - program.inputs.keys())
            ],
        ],
        values=(0,) if with_value else (),
    )


def as_value(word: str, *, is_truth: bool) -> str:
    """Write a value for the user: a float, or a truth value. Looking is cheaper than `float`."""
    if is_truth:
        return f"{word} != 0"
    return f"{word} if {word}.__class__ is float else float({word})"


def function_texts(
    program: Program, outputs: Sequence[int], form: Form, namespace: dict[str, Any]
) -> Generator[int, None, list[str]]:
    """Write the function `compute`, the last of the texts, and the pieces that it is made of.

    namespace: is given what the texts refer to.
    """
    # A toy language need not know the word.
    truths = [getattr(program.operations[slot], "gives_truth", False) for slot in outputs]
    sure = program.analysis(sure_floats)
    looked = [place for place in form.values if truths[place] or not sure[outputs[place]]]
    made = Statements(program, outputs, form.reads, checked=form.checked, named=looked)
    yield from made.written()
    namespace.update(made.namespace)
    handed = {place: functools.partial(as_value, is_truth=truths[place]) for place in looked}
    if len(made.statements) <= PIECE or not form.in_pieces:
        lines = [*form.opening, *[text for item in made.statements for text in item.texts]]
        words = [handed.get(n, str)(part.text) for n, part in enumerate(made.outputs)]
        lines.append(f"return {form.result(words)}")
        return [definition("compute", form.parameters, guarded(lines, form.otherwise))]
    return texts_of_pieces(made, form, handed)


def texts_of_pieces(
    made: Statements, form: Form, handed: Mapping[int, Callable[[str], str]]
) -> list[str]:
    """Write a long function as several, which hand each other numbers in a list.

    handed: place among the outputs -> how its word is written as a value.
    """
    pieces = [
        made.statements[start : start + PIECE] for start in range(0, len(made.statements), PIECE)
    ]
    home = {item.slot: place for place, piece in enumerate(pieces) for item in piece}
    ending = [part for part in made.outputs if not part.is_word or part.mentions]
    last = {slot for part in ending for slot in part.mentions}
    kept: dict[int, int] = {}  # slot -> its place in the list
    wanted = [{slot for item in piece for slot in item.mentions} for piece in pieces]
    for place, slots in enumerate([*wanted, last]):
        for slot in sorted(slots):
            if home[slot] != place:
                kept.setdefault(slot, len(kept))
    texts, lines = [], [*form.opening, f"kept = [None] * {len(kept)}"]
    for place, piece in enumerate(pieces):
        taken = [slot for slot in sorted(wanted[place]) if home[slot] != place]
        body = [f"t{slot} = kept[{kept[slot]}]" for slot in taken]
        body += [text for item in piece for text in item.texts]
        body += [f"kept[{kept[item.slot]}] = t{item.slot}" for item in piece if item.slot in kept]
        texts.append(definition(f"piece{place}", f"{form.passed}, kept", body))
        lines.append(f"piece{place}({form.passed}, kept)")
    words = []
    for number, part in enumerate(made.outputs):
        if part.is_word and part.mentions and number not in handed:
            words.append(f"kept[{kept[part.mentions[0]]}]")
        else:
            lines += [f"t{slot} = kept[{kept[slot]}]" for slot in part.mentions]
            words.append(handed.get(number, str)(part.text))
    lines.append(f"return {form.result(words)}")
    return [*texts, definition("compute", form.parameters, guarded(lines, form.otherwise))]


def guarded(lines: Sequence[str], otherwise: str) -> list[str]:
    """Put statements where what floats raise is caught; that costs nothing until they do."""
    if not otherwise:
        return list(lines)
    caught = ["except (ArithmeticError, TypeError, ValueError):", f"    return {otherwise}"]
    return ["try:", *[f"    {line}" for line in lines], *caught]


def definition(name: str, parameters: str, lines: Sequence[str]) -> str:
    """Write a function."""
    return "\n".join([f"def {name}({parameters}):", *[f"    {line}" for line in lines], ""])


def function_pieces(
    program: Program,
    outputs: Sequence[int],
    form: Form,
    given: Mapping[str, Any] | None = None,
) -> Generator[int, None, Callable[..., Any]]:
    """Compile the program to a Python function of a form, in pieces; yields the steps of each.

    given: what the form's expressions refer to, such as `scalar`, which turns a value into a float.
    """
    namespace: dict[str, Any] = dict(given or {})
    texts = yield from function_texts(program, outputs, form, namespace)
    for text in texts:
        execute(text, namespace)
        yield text.count("\n")
    made: Callable[..., Any] = namespace["compute"]
    if form.otherwise:  # for users
        made.__dict__.update(target="python", source=whole_text(texts, namespace))
    return made


def execute(text: str, namespace: dict[str, Any]) -> None:
    """Run definitions of our own making, see the docstring of the module."""
    exec(compile(text, "<chainrule>", "exec"), namespace)  # noqa: S102


def all_pieces(pieces: Generator[int, None, Any]) -> Any:
    """Take all pieces of what is made in pieces, and return it."""
    while True:
        try:
            next(pieces)
        except StopIteration as finished:
            return finished.value


def source_text(program: Program, outputs: Sequence[int], form: Form) -> str:
    """Return the source of a function for people to read; alone it runs where nothing is opaque."""
    namespace: dict[str, Any] = {}
    texts = all_pieces(function_texts(program, outputs, form, namespace))
    return whole_text(texts, namespace)


def whole_text(texts: Sequence[str], namespace: Mapping[str, Any]) -> str:
    """Join the texts of a function behind the import of what they use of `math`."""
    words = []
    for word in sorted(namespace):
        plain = word.rstrip("_")
        if namespace[word] is getattr(math, plain, None):
            words.append(word if word == plain else f"{plain} as {word}")
    head = [f"from math import {', '.join(words)}\n"] if words else []
    return "\n\n".join([*head, *texts])


class PythonSource:
    """The target that writes Python: of floats, and of arrays by position."""

    __slots__ = ()

    name = "python"
    pays_after = PAYS_AFTER

    def supports(self, program: Program, signature: Signature) -> bool:
        """Tell whether the program is short; and of floats, whether it treats each as a number."""
        if len(program) > MOST_STEPS:
            return False
        if not signature.is_floats:
            return True
        return program.is_elementwise() and not any(program.declared.values())

    def source(self, program: Program, signature: Signature) -> str:
        """Return the text of the kernel."""
        if signature.is_floats:
            return source_text(program, program.outputs, by_position(len(program.inputs)))
        lines = array_lines(program, DOUBLES, {})
        return step_text(program, list(program.inputs), lines)

    def compile(self, program: Program, signature: Signature, outputs: Sequence[int]) -> Kernel:
        """Return the kernel, compiled in one go."""
        made: Kernel = all_pieces(self.pieces(program, signature, outputs))
        return made

    def pieces(
        self, program: Program, signature: Signature, outputs: Sequence[int]
    ) -> Generator[int, None, Kernel]:
        """Compile in pieces of some hundred statements each; return the kernel."""
        if signature.is_floats:
            return (yield from function_pieces(program, outputs, by_position(len(program.inputs))))
        yield len(program)
        return array_step(program, list(program.inputs), numbers_of(signature), outputs)


PYTHON = PythonSource()


def array_lines(
    program: Program,
    numbers: Numbers,
    namespace: dict[str, Any],
    outputs: Sequence[int] | None = None,
    *,
    shapes: Sequence[Any] | None = None,
) -> list[str]:
    """Return a line for every step on arrays, which lets go of what nobody needs any more.

    shapes: of every slot, where they are known and have been found to fit.
    """
    lines = []
    kept = set(program.outputs if outputs is None else outputs)
    last_uses = program.last_uses()
    for slot, operation in enumerate(program.operations):
        if operation.role is Role.VARIABLE:
            continue
        if operation.role is Role.CONSTANT:
            namespace[f"t{slot}"] = numbers.constant(program.attributes[slot][0])
            continue
        given = [f"t{argument}" for argument in program.arguments[slot]]
        made = None if shapes is None else function_for(program, slot, shapes)
        namespace[f"f{slot}"] = getattr(operation, numbers.field) if made is None else made
        for number, attribute in enumerate(program.attributes[slot] if made is None else ()):
            namespace[f"a{slot}_{number}"] = attribute
            given.append(f"a{slot}_{number}")
        line = f"t{slot} = f{slot}({', '.join(given)})"
        finished = [
            f"t{done}"
            for done in last_uses[slot]
            if done not in kept and f"t{done}" not in namespace
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
    program: Program, names: Sequence[str], numbers: Numbers, outputs: Sequence[int] | None = None
) -> Callable[..., tuple[Any, ...]]:
    """Compile the program to a function of arrays by position, as `float_step` does."""
    namespace: dict[str, Any] = {}
    lines = array_lines(program, numbers, namespace, outputs)
    execute(step_text(program, names, lines, outputs), namespace)
    made: Callable[..., tuple[Any, ...]] = namespace["compute"]
    return made


def step_text(
    program: Program,
    names: Sequence[str],
    lines: Sequence[str],
    outputs: Sequence[int] | None = None,
) -> str:
    """Write a function of the variables by position from its statements."""
    places = [program.inputs.get(name) for name in names]
    given = [f"u{i}" if slot is None else f"t{slot}" for i, slot in enumerate(places)]
    wanted = program.outputs if outputs is None else outputs
    last = f"return {tuple_of([f't{slot}' for slot in wanted])}"
    return definition("compute", ", ".join(given), [*lines, last])


def float_step(program: Program, names: Sequence[str]) -> Callable[..., tuple[float, ...]]:
    """Compile the program to a function of floats by position that returns all outputs.

    names: the variables in the order of the parameters; the program need not contain them all.
    """
    words = {name: f"u{number}" for number, name in enumerate(names)}
    reads = [words[name] for name in program.inputs]
    passed = ", ".join(words.values())
    form = Form(passed, reads, passed, tuple_of, checked=False)
    made: Callable[..., tuple[float, ...]] = all_pieces(
        function_pieces(program, program.outputs, form)
    )
    return made


def float_function(
    program: Program,
    names: Sequence[str] | None,
    scalar: Callable[[Any], float],
    *,
    with_value: bool = True,
) -> Callable[[Mapping[str, Any]], Any]:
    """Compile the program to a Python function of a mapping; `scalar` turns a value into a float.

    names, with_value: see `by_mapping`.
    """
    form = by_mapping(program, names, with_value=with_value)
    made: Callable[[Mapping[str, Any]], Any] = all_pieces(
        function_pieces(program, program.outputs[not with_value :], form, {"scalar": scalar})
    )
    return made
