"""Performers, buckets and schedules of these tests' own, gone afterwards."""

import pytest

from guildhall.core.text import Text
from guildhall.effects import buckets, performers


@pytest.fixture
def perform_with():
    """Register a function as the performer of a kind until the test is over."""
    kinds = []

    def register(kind, function=None, **more):
        function = function or (lambda effect: None)
        performers.forget(kind)
        performers.performer(kind, describe=Text(kind, kind), **more)(function)
        kinds.append(kind)

    yield register
    for kind in kinds:
        performers.forget(kind)


@pytest.fixture
def limit():
    """Give buckets of a prefix a rate and a burst until the test is over."""
    prefixes = []

    def rule(prefix, rate_per_s, burst):
        buckets.rule(prefix, rate_per_s, burst)
        prefixes.append(prefix)

    yield rule
    for prefix in prefixes:
        buckets.forget(prefix)
