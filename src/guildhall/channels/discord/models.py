"""State that only discord has."""

from __future__ import annotations
