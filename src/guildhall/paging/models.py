"""State of the paging room."""

from __future__ import annotations
