"""State of the public pages: how much of their allowance visitors and addresses have left. Names are keyed
hashes.
"""

from django.db import models


class Allowance(models.Model):
    """One token bucket. `tokens` are pico-tokens held at `at` (microseconds since 1970), as in
    effects.bucket.
    """

    name = models.CharField(max_length=80, primary_key=True)
    tokens = models.BigIntegerField()
    at = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["at"], name="allowance_at"),)

    def __str__(self) -> str:
        return self.name
