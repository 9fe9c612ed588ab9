"""Measure chainrule beside other libraries, as ratios within one run.

Every task runs in a process of its own; a library that is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys

from benchmarks.harness import (
    ROOT,
    Effort,
    Section,
    figures,
    in_own_process,
    machine,
)

PAGE = ROOT / "docs" / "benchmarks.md"
TASKS = (
    "small_calls",
    "import_time",
    "depth",
    "interpreter",
    "linear_regression",
    "layout",
    "methods",
)


def measure(task, effort):
    """Run a task in its own process."""
    found = in_own_process(
        f"benchmarks.{task}:run", timeout=3_600, quick=effort.quick, alone=effort.alone
    )
    if "failed" in found:
        sys.exit(f"{task} failed: {found['failed']}")
    return Section.from_json(found)


def written(task, section, effort):
    """Return a section as Markdown."""
    module = importlib.import_module(f"benchmarks.{task}")
    title, _, about = (inspect.getdoc(module) or "").partition("\n")
    parts = [f"## {title.rstrip('.')}", about.strip()]
    for table in section.tables:
        parts += [f"### {table.title}", grid(table)]
        if table.note:
            parts.append(table.note)
    if section.targets:
        rows = [
            "| what has to be reached | bound | measured | |",
            "|---|--:|--:|---|",
            *(
                f"| {t.what} | {figures(t.bound)} {t.unit} | {figures(t.found)} {t.unit} "
                f"| {'reached' if t.found <= t.bound else 'missed'} |"
                for t in section.targets
            ),
        ]
        parts.append("\n".join(rows))
    there = [peer for peer in section.peers if effort.has(peer)]
    absent = [peer for peer in section.peers if peer not in there]
    parts.append(f"Measured on: {machine(there)}.")
    if absent:
        parts.append(f"Left out: {', '.join(absent)}.")
    return "\n\n".join(part for part in parts if part)


def grid(table):
    """Return a table as Markdown, which is aligned to be read as plain text too."""
    cells = [list(table.columns), *[list(row) for row in table.rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]

    def line(row):
        first, *others = (
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join(
        "-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)
    )
    return "\n".join([line(cells[0]), rule + "|", *map(line, cells[1:])])


def put(page, task, text):
    """Return the page with the text between the markers of a task."""
    begin, end = f"<!-- begin {task} -->", f"<!-- end {task} -->"
    before, found, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        sys.exit(f"{PAGE.name} has no place for {task}: it lacks {begin} or {end}.")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(TASKS)}; or all")
    parser.add_argument("--write", action="store_true", help="put the tables into the documents")
    parser.add_argument("--quick", action="store_true", help="only show that everything runs")
    parser.add_argument("--alone", action="store_true", help="leave all other libraries out")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.tasks) - set(TASKS))
    if unknown:
        parser.error(f"no task {', '.join(unknown)}: there are {', '.join(TASKS)}")
    if asked.write and (asked.quick or asked.alone):
        parser.error("--write wants full measurements beside all peers: leave --quick/--alone out")
    effort = Effort(quick=asked.quick, alone=asked.alone)
    for task in asked.tasks or TASKS:
        text = written(task, measure(task, effort), effort)
        print(text, end="\n\n", flush=True)
        if asked.write:
            page = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(put(page, task, text), encoding="utf-8")


if __name__ == "__main__":
    main()
