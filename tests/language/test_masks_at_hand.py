"""Masks can be written over nodes in a process that has loaded nothing but the operation."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "statement",
    [
        "cr.hvp(cr.mean(cr.softplus(x) - y * x))",
        "cr.gradient(cr.sum(cr.sqrt(cr.relu6(x))))",
        "cr.sqrt(cr.clip(x, 0, 6)).derivative('x')",
        "cr.jvp(cr.maximum(x, y))",
    ],
)
def test_masks_are_at_hand_in_a_fresh_process(statement):
    code = f"import chainrule as cr; x, y = cr.expression('x'), cr.expression('y'); {statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
