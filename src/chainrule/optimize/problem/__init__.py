"""What is made small: an objective of a flat vector, its bounds and its constraints."""
