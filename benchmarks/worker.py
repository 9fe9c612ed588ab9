"""Runs one function of the benchmarks in an interpreter of its own, and prints its result as JSON.

python -m benchmarks.worker benchmarks.depth:chain '{"contestant": "chainrule", "length": 1000}'
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys


def main(function, arguments):
    module, _, name = function.partition(":")
    found = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    if dataclasses.is_dataclass(found):
        found = dataclasses.asdict(found)
    # A line of its own, after whatever a library printed.
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
