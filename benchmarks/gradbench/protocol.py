"""GradBench's protocol: messages as lines of JSON, answered one by one.

start and analysis are acknowledged; define says whether a task is known here; evaluate runs one of
its functions, as often and as long as the input asks, and answers with the output and a timing of
each run. What a run has to prepare or to convert is not timed.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

MODULES = (
    "hello",
    "llsq",
    "lse",
    "gmm",
    "kmeans",
    "ba",
    "lstm",
    "ode",
    "det",
    "particle",
    "saddle",
)


class Function(NamedTuple):
    """What a task asks to be computed: from JSON to arguments, from these to a result, to JSON."""

    prepare: Callable[[Any], Any]
    run: Callable[[Any], Any]
    answer: Callable[[Any], Any]


def plain(value: Any) -> Any:
    """Return a result as JSON has it: floats and lists of them."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    return np.asarray(value).tolist()


def function(
    run: Callable[[Any], Any],
    prepare: Callable[[Any], Any] = lambda given: given,
    answer: Callable[[Any], Any] = plain,
) -> Function:
    """Return a function of a task; what it is given and what it gives are JSON by default."""
    return Function(prepare, run, answer)


def functions_of(module: str) -> dict[str, Function]:
    """Return the functions of a task by name.

    Raises: KeyError for a task that is not known here.
    """
    if module not in MODULES:
        raise KeyError(f"the task {module!r} is not defined here; there are {', '.join(MODULES)}")
    found: dict[str, Function] = importlib.import_module(f"{__package__}.{module}").FUNCTIONS
    return found


def evaluated(message: Mapping[str, Any]) -> dict[str, Any]:
    """Run a function until it has run as often and as long as the input asks."""
    functions = functions_of(message["module"])
    name, given = message["function"], message["input"]
    if name not in functions:
        raise KeyError(f"{message['module']} has no function {name!r}, only {', '.join(functions)}")
    prepare, run, answer = functions[name]
    arguments = prepare(given)
    options = given if isinstance(given, Mapping) else {"min_seconds": 0}
    least_runs, least_seconds = options.get("min_runs", 1), options.get("min_seconds", 1)
    taken: list[int] = []
    while len(taken) < least_runs or sum(taken) < least_seconds * 1e9:
        start = time.perf_counter_ns()
        found = run(arguments)
        taken.append(time.perf_counter_ns() - start)
    timings = [{"name": "evaluate", "nanoseconds": nanoseconds} for nanoseconds in taken]
    return {"success": True, "output": answer(found), "timings": timings}


def answer_to(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to one message; what goes wrong in a task is part of it."""
    answer: dict[str, Any] = {"id": message["id"]}
    try:
        if message["kind"] == "start":
            answer["tool"] = "chainrule"
        elif message["kind"] == "define":
            functions_of(message["module"])
            answer["success"] = True
        elif message["kind"] == "evaluate":
            answer |= evaluated(message)
    except Exception as error:  # noqa: BLE001 - told, and the next message is answered
        answer |= {"success": False, "error": f"{type(error).__name__}: {error}"}
    return answer


def answers(lines: Iterable[str]) -> Iterator[str]:
    """Answer each line of JSON with one."""
    for line in lines:
        if line.strip():
            yield json.dumps(answer_to(json.loads(line)))
