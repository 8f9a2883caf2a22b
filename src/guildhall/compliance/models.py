"""What compliance remembers: which rules were in use, what two people let pass, and what they confirmed
again.

The rules themselves are files; a `RuleSet` keeps the words of every version that was ever in use, so that
an old decision can be explained with the rules of its day.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guildhall.compliance.acts import Act
from guildhall.core import clock
from guildhall.core.ids import IdField


class RuleSet(models.Model):
    """One version of the rules and claims, word for word."""

    version = models.CharField(max_length=60, primary_key=True)
    claims_version = models.CharField(max_length=60)
    rules_yaml = models.TextField()
    claims_yaml = models.TextField()
    pinned_at = models.DateTimeField(default=clock.now)


class Override(models.Model):
    """An exception that two people approved: one rule, or one exact text, for one act in one region, for
    a while."""

    id = IdField()
    region = models.CharField(max_length=8, blank=True)
    act = models.CharField(max_length=20, choices=[(act.value, act.value) for act in Act])
    rule_id = models.CharField(max_length=60, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    until = models.DateTimeField()
    proposal_id = models.CharField(max_length=26)
    proposed_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["act", "until"], name="override_act_until")]
        constraints = [
            models.CheckConstraint(
                name="override_rule_or_content",
                condition=Q(rule_id="", content_hash__gt="") | Q(rule_id__gt="", content_hash=""),
            ),
            models.CheckConstraint(
                name="override_four_eyes", condition=~Q(proposed_by=models.F("approved_by"))
            ),
        ]


class RuleReview(models.Model):
    """Two people read one version of a rule again and let it stand through `review_by`."""

    id = IdField()
    rule_id = models.CharField(max_length=60)
    rule_version = models.PositiveIntegerField()
    review_by = models.DateField()
    note = models.TextField()
    proposal_id = models.CharField(max_length=26)
    proposed_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["rule_id", "rule_version"], name="review_rule")]
        constraints = [
            models.CheckConstraint(
                name="review_four_eyes", condition=~Q(proposed_by=models.F("approved_by"))
            ),
        ]
