"""Floor 1: graphs without words. The engine names no operation; it reads what each class says."""
