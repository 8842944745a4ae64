"""What lies where on the page: a script that lists texts and controls that overlap or are cut off."""

from __future__ import annotations

from pathlib import Path

PROBLEMS = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")
