"""geoplan: who can reach which care, in how long, and what changes it."""
