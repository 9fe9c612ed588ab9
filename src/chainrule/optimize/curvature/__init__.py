"""How an objective bends at a point, and which learning rates that leaves."""
