"""A data directory of the test's own: batches, inboxes and tables of facts lie in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from guildhall.exchange import files
from guildhall.facts.testing import facts_place

__all__ = ["facts_place"]


@pytest.fixture
def place(facts_place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything this room writes to disk goes below the returned directory."""
    monkeypatch.setattr(files, "settings", dataclasses.replace(files.settings, data_dir=facts_place))
    return facts_place
