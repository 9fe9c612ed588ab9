"""Floor 3: derivatives of every shape, numerical differentiation, and checks by comparing both."""
