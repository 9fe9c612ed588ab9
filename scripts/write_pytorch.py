"""Writes docs/pytorch.md, PyTorch and chainrule side by side, from the table that the tests run."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "pytorch.md"

INTRODUCTION = """\
# Matrix operations, PyTorch and chainrule side by side

The {calls} lines below are run by the tests on the same numbers in double precision: values agree
to 1e-12 of the largest element, products of a vector with the Jacobian to 1e-10, and products of
the Hessian with a vector to 1e-8, wherever both have derivatives.

Read `x`, `y` and `z` as tables of numbers, `p` and `q` as positive ones, `v` and `w` as vectors,
`A` and `B` as square matrices, `S` as a symmetric positive definite one, `AA`, `BB` and `SS` as
batches of matrices; every operand stands in `tests/parity/calls.py`. On the left they are tensors,
on the right expressions, or NumPy arrays: every function of chainrule computes on numbers what it
builds of expressions.

```python
import torch
import torch.nn.functional as F
from math import inf, pi
from chainrule import *
from chainrule import abs, all, any, max, min, round, sum  # a star import leaves Python's alone
```

In general:

- Names and axes are NumPy's: `axis` and `keepdims`, where PyTorch has `dim` and `keepdim`.
- An expression does not change: there is nothing in place, and no `backward()` that adds to a
  `.grad`. `gradient(loss, values)` returns the derivatives by name.
- A comparison gives 1.0 and 0.0. `a == b` asks whether two expressions are the same graph; the
  comparison of their elements is `equal(a, b)`.
- At the bound of a `clip` the slope is 1/2, between that beyond it and that within; PyTorch has 1
  there, and 0 at the corners of `hardtanh` and `relu6`, which are 1/2 here as well.
- Elements that are equal share a slope evenly, as in PyTorch's `amax`; so do they here in `median`,
  `cummax`, `cummin` and `max_pool1d`, where PyTorch gives all of it to one. Only `sort` and `topk`
  keep each its own.
- Where a vector is zero, the slope of its length is 0 and stays 0 in second derivatives, where
  PyTorch has NaN. What `where`, or another choice such as `relu6`, does
  not choose never gets into a slope, a NaN neither.
- Whole numbers in an array become double precision; single precision stays single.
"""

MISSING = """\
## What is missing

PyTorch's names that chainrule has no equal for, or none by that name. Those of `torch.linalg` and
of `torch.nn.functional` (`F`) say so. Of `torch.special` there is what stands above.
"""

OUT_OF_SCOPE = """\
## What is left out as a whole

| group | why |
|---|---|
"""


def part(module: str) -> Any:
    """Return a module of the tests."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module(f"tests.parity.{module}")


def cell(text: str) -> str:
    """Write a text in a table of Markdown, whose columns a bar would end."""
    return text.replace("|", r"\|")


def code(text: str) -> str:
    """Write a text as code in a table of Markdown."""
    return cell(f"`{text}`")


def table_of(group: Any) -> str:
    """Write a group of calls."""
    rows = [
        f"| {code(call.torch)} | {code(call.ours)} | {cell(call.note)}{limits(call)} |"
        for call in group.calls
    ]
    head = f"## {group.title}\n\n| PyTorch | chainrule | note |\n|---|---|---|"
    return "\n".join([head, *rows, ""])


def limits(call: Any) -> str:
    """Say that second derivatives are not compared, where there are first ones."""
    if call.order != 1:
        return ""
    return f"{'; ' if call.note else ''}second derivatives not compared"


def page() -> str:
    """Return the page as it should be."""
    table, lists = part("table"), part("missing")
    text = INTRODUCTION.format(calls=len(table.CALLS))
    missing = [MISSING]
    for title, rows in lists.MISSING:
        missing.append(f"**{title}**\n\n| PyTorch | why, or what to write |\n|---|---|")
        missing += [f"| {', '.join(map(code, n.split()))} | {cell(why)} |" for n, why in rows]
        missing.append("")
    left_out = [f"| {title} | {cell(why)} |" for title, _, why in lists.OUT_OF_SCOPE]
    groups = [table_of(group) for group in table.GROUPS]
    return "\n".join([text, *groups, *missing, OUT_OF_SCOPE + "\n".join(left_out)]) + "\n"


def main() -> int:
    """Write the page; the exit code says that it went well."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
