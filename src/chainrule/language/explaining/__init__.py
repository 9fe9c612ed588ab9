"""Both passes of a sweep, told line by line."""
