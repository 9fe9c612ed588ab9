"""Measurements of chainrule beside other libraries; see `python -m benchmarks --help`."""
