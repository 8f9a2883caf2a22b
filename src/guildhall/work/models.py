"""State of the work room."""

from __future__ import annotations
