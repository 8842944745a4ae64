"""Results going out: files and pages, whole or absent."""
