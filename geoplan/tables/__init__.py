"""Data coming in: checked tables, names and demand points."""
