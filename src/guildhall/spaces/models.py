"""State of the spaces room."""

from __future__ import annotations
