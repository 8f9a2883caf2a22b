"""State that only email has."""

from __future__ import annotations
