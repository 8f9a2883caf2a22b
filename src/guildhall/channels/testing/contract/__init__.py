"""The contract of an adapter as tests: derive `AdapterContract`, say how your platform writes things, and run
it.

What a platform does not have (edits, joins, replies, files) is left out by leaving out the builder, and those
tests are skipped; everything else holds for all. What intake makes of it is `guildhall.intake.testing`.
"""

from __future__ import annotations

import pytest

from guildhall.channels.testing.contract.asking import Asking
from guildhall.channels.testing.contract.declaring import Declaring
from guildhall.channels.testing.contract.keeping import Keeping
from guildhall.channels.testing.contract.reading import Reading
from guildhall.channels.testing.contract.samples import AT, HARD_TEXTS, NOISE, Samples, registered

__all__ = ["AT", "HARD_TEXTS", "NOISE", "AdapterContract", "Samples", "registered"]


@pytest.mark.django_db
class AdapterContract(Reading, Declaring, Asking, Keeping):
    """Set `adapter` and write `message`; the other builders of `Samples` where the platform has them."""
