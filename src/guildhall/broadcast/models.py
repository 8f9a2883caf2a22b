"""State of the broadcast room."""

from __future__ import annotations
