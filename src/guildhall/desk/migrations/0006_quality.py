import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [("desk", "0005_handover")]

    operations = [
        migrations.CreateModel(
            name="Scorecard",
            fields=[
                (
                    "id",
                    guildhall.core.ids.IdField(
                        default=guildhall.core.ids.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.JSONField(default=dict)),
                ("created_by", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "scorecard",
                "verbose_name_plural": "scorecards",
            },
        ),
        migrations.CreateModel(
            name="SamplingRule",
            fields=[
                (
                    "id",
                    guildhall.core.ids.IdField(
                        default=guildhall.core.ids.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("order", models.PositiveSmallIntegerField(default=100)),
                ("match", models.JSONField(default=dict)),
                ("share_bp", models.PositiveIntegerField(default=0)),
                ("at_least", models.PositiveSmallIntegerField(default=0)),
                ("second_bp", models.PositiveIntegerField(default=0)),
                ("is_on", models.BooleanField(default=True)),
                ("changed_by", models.CharField(max_length=60)),
                ("changed_at", models.DateTimeField(default=guildhall.core.clock.now)),
                (
                    "scorecard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="desk.scorecard"
                    ),
                ),
            ],
            options={
                "verbose_name": "sampling rule",
                "verbose_name_plural": "sampling rules",
            },
        ),
        migrations.CreateModel(
            name="ScorecardVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("made_by", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField(default=guildhall.core.clock.now)),
                (
                    "scorecard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="desk.scorecard",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of a scorecard",
                "verbose_name_plural": "versions of scorecards",
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    guildhall.core.ids.IdField(
                        default=guildhall.core.ids.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("week", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "to be judged"), ("done", "judged"), ("dropped", "not judged")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("marks", models.JSONField(default=dict)),
                ("comments", models.JSONField(default=dict)),
                ("points", models.PositiveSmallIntegerField(null=True)),
                ("failed", models.JSONField(default=list)),
                ("before", models.JSONField(null=True)),
                ("made_by", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("done_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second",
                        to="desk.review",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reviews", to="desk.ticket"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reviews",
                        to="desk.samplingrule",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="desk.scorecardversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of an answer",
                "verbose_name_plural": "reviews of answers",
            },
        ),
        migrations.CreateModel(
            name="Coaching",
            fields=[
                (
                    "id",
                    guildhall.core.ids.IdField(
                        default=guildhall.core.ids.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("text", models.TextField()),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coaching",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="coaching",
                        to="desk.review",
                    ),
                ),
            ],
            options={
                "verbose_name": "coaching note",
                "verbose_name_plural": "coaching notes",
                "indexes": [models.Index(fields=["agent", "id"], name="coaching_agent")],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    guildhall.core.ids.IdField(
                        default=guildhall.core.ids.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("text", models.TextField()),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "waits for a decision"),
                            ("granted", "granted"),
                            ("refused", "refused"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answer", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appeal", to="desk.review"
                    ),
                ),
            ],
            options={
                "verbose_name": "appeal against a review",
                "verbose_name_plural": "appeals against reviews",
                "indexes": [models.Index(fields=["state", "id"], name="qualityappeal_state")],
            },
        ),
        migrations.AddConstraint(
            model_name="scorecardversion",
            constraint=models.UniqueConstraint(fields=("scorecard", "number"), name="scorecardversion_once"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["state", "week", "id"], name="review_state"),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["agent", "state", "week"], name="review_agent"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first__isnull", True)), fields=("ticket", "agent"), name="review_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewer__isnull", True),
                    models.Q(("reviewer", models.F("agent")), _negated=True),
                    _connector="OR",
                ),
                name="review_not_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("done_at__isnull", False), ("points__isnull", False)),
                    _connector="OR",
                ),
                name="review_done_has_points",
            ),
        ),
    ]
