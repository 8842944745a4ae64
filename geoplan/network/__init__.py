"""Roads to minutes and kilometres."""
