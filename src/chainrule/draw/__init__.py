"""Floor 4: pictures. Stands on matplotlib (extra `plot`), imported when something is drawn."""
