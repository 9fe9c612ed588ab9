"""Formulas with the signs of mathematics."""

import pytest

from chainrule.report.pretty import pretty


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a - b", "a − b"),
        ("-x**2", "−x²"),
        ("x**-2", "x⁻²"),
        ("x**10*y", "x¹⁰·y"),
        ("x**2.5", "x^2.5"),
        ("x**y", "x^y"),
        ("2**3**x", "2^3^x"),
        ("x**(-y)", "x^(−y)"),
        ("1e-5*x", "1e-5·x"),
        ("1.5e-07", "1.5e-07"),
        ("x1-x2", "x1−x2"),
        ("e-x", "e−x"),
        ("2-x", "2−x"),
        ("x <= y", "x ≤ y"),
        ("2*`a*b - c`", "2·a*b - c"),
    ],
)
def test_signs_of_a_formula(written, read):
    assert read == pretty(written)
