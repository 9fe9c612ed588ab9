"""Formulas read from text."""
