"""Floor 2: the words. Every operation is a class; its body is the only place that knows it.

A word is loaded when it is first used: `registry` knows where operators, NumPy's functions and
text find theirs.
"""
