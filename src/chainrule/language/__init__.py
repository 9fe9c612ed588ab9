"""Floor 2: the words. Every operation is a class; its body is the only place that knows it."""
