"""State that only wecom has."""

from __future__ import annotations
