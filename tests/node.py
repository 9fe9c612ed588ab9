"""Running emitted JavaScript, for any test that wants it: all of it in one process."""

import json
import shutil
import subprocess

import pytest

from chainrule.engine.targets.javascript import literal

__all__ = ["answers", "needs_node"]

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on PATH")

# JSON has no infinities, no NaN and, as JavaScript writes it, no -0.
SCRIPT = """
const plain = (_, v) =>
  typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0))
    ? Object.is(v, -0) ? "-0" : String(v)
    : v;
console.log(JSON.stringify(cases.map(([f, inputs]) => inputs.map((values) => f(values))), plain));
"""


def answers(cases, folder):
    """Return for each pair of a function's text and lists of inputs what it gives for each list."""
    file = folder / "cases.js"
    written = ",\n".join([f"[{text}, {literal(inputs)}]" for text, inputs in cases])
    file.write_text(f"const cases = [\n{written}\n];{SCRIPT}", encoding="utf-8")
    done = subprocess.run([NODE, file], capture_output=True, text=True, check=False, timeout=60)
    assert not done.stderr
    return numbers(json.loads(done.stdout))


def numbers(found):
    """Turn the text that stands for numbers without JSON back into numbers."""
    if isinstance(found, list):
        return [numbers(item) for item in found]
    assert not isinstance(found, bool)
    return float(found)
