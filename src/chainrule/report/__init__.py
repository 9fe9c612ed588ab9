"""What can be shown, as values: sentences with their numbers, tables, pictures, documents of them.

A terminal, a notebook, Markdown, LaTeX and HTML are writers of the one document. May import NumPy
and the errors; knows no formula, no table of data and no run.
"""
