"""For tests of all rooms: a place for tables of facts that ends with the test. Use it as a fixture:
`from guildhall.facts.testing import facts_place`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from guildhall.facts import store


@pytest.fixture
def facts_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tables and their indexes lie in the test's own directory, which is returned."""
    monkeypatch.setattr(
        store,
        "settings",
        dataclasses.replace(store.settings, facts_url=str(tmp_path / "facts"), data_dir=tmp_path),
    )
    return tmp_path
