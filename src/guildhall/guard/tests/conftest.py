"""What the guard's tests share: a judge with the default policy, and caches that do not outlive a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from guildhall.guard import freshness


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    freshness.forget()
    yield
    freshness.forget()
