"""Answer GradBench's messages: `python -m benchmarks.gradbench` between its pipes."""

from __future__ import annotations

import sys

from benchmarks.gradbench.protocol import answers

for answer in answers(sys.stdin):
    print(answer, flush=True)
