"""Runs as files: documents, and prints of what a file does not hold."""
