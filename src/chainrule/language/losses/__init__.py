"""How far predictions are from their targets."""
