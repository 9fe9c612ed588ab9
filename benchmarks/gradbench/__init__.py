"""The tasks of GradBench, a public benchmark suite for automatic differentiation, as expressions.

Source: github.com/gradbench/gradbench; each module says its definition in mathematics first.
"""
