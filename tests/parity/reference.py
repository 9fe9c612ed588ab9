"""What PyTorch answered to the table, kept for where it is not installed.

Where it is, this writes the answers again:
    python -m tests.parity.reference --write
"""

import json
import sys
from pathlib import Path

import numpy as np

__all__ = ["load", "main"]

STORED = Path(__file__).with_name("torch_answers.json")


def load():
    """Return the answers by the text of the call, and the version of PyTorch that gave them."""
    told = json.loads(STORED.read_text(encoding="utf-8"))
    answers = {
        text: {
            kind: [np.asarray(item, dtype=float) for item in items] for kind, items in of.items()
        }
        for text, of in told["answers"].items()
    }
    return answers, told["torch"]


def main(arguments):
    """Compute the answers, and write them if asked; the exit code says how it went."""
    if arguments != ["--write"]:
        print(__doc__)
        return 2
    import torch
    from tests.parity.of_torch import answers
    from tests.parity.table import CALLS

    lines = []
    for call in CALLS:
        told = {kind: [item.tolist() for item in items] for kind, items in answers(call).items()}
        lines.append(f"{json.dumps(call.torch)}: {json.dumps(told, separators=(',', ':'))}")
    body = ",\n".join(lines)
    head = f'{{"torch": "{torch.__version__}", "answers": {{\n'
    STORED.write_text(f"{head}{body}\n}}}}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
