"""State of the guard's gates."""

import django.db.models.deletion
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_may_restrict"), ("guard", "0004_behaviour")]

    operations = [
        migrations.CreateModel(
            name="Gate",
            fields=[
                (
                    "space",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="gate",
                        serialize=False,
                        to="channels.space",
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
                ("settings", models.JSONField(default=dict)),
                ("opened_at", models.DateTimeField(null=True)),
                ("hard_until", models.DateTimeField(null=True)),
                ("hard_by", models.CharField(blank=True, max_length=60)),
                ("board_key", models.CharField(blank=True, max_length=80)),
                ("board_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("changed_by", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "verbose_name": "gate",
                "verbose_name_plural": "gates",
            },
        ),
        migrations.CreateModel(
            name="GateAttempt",
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
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("joined", "after joining"),
                            ("request", "request to join"),
                            ("first", "first message"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "at the gate"),
                            ("passed", "passed"),
                            ("let_in", "let in by hand"),
                            ("failed", "did not pass"),
                            ("expired", "ran out of time"),
                            ("declined", "turned away by hand"),
                            ("left", "left"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("captcha", "question"),
                            ("rules", "rules to accept"),
                            ("person", "waits for a person"),
                        ],
                        default="captcha",
                        max_length=8,
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=20)),
                ("kind", models.CharField(max_length=8)),
                ("seed", models.CharField(max_length=32)),
                ("is_hard", models.BooleanField(default=False)),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("wrong", models.PositiveSmallIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField()),
                ("language", models.CharField(max_length=10)),
                ("place", models.CharField(blank=True, max_length=8)),
                ("post_key", models.CharField(blank=True, max_length=80)),
                ("invite", models.CharField(blank=True, max_length=190)),
                ("rules_version", models.CharField(blank=True, max_length=16)),
                ("rules_at", models.DateTimeField(null=True)),
                ("held", models.BooleanField(default=False)),
                ("came_at", models.DateTimeField()),
                ("started_at", models.DateTimeField()),
                ("deadline", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gate_attempts",
                        to="people.account",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="channels.message",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="channels.joinrequest",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gate_attempts",
                        to="channels.space",
                    ),
                ),
            ],
            options={
                "verbose_name": "attempt at a gate",
                "verbose_name_plural": "attempts at a gate",
            },
        ),
        migrations.CreateModel(
            name="Probation",
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
                ("clean_left", models.PositiveIntegerField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("broken", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.account",
                    ),
                ),
                (
                    "attempt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="guard.gateattempt",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="channels.space",
                    ),
                ),
            ],
            options={
                "verbose_name": "newcomer's trial",
                "verbose_name_plural": "newcomers' trials",
            },
        ),
        migrations.AddIndex(
            model_name="gateattempt",
            index=models.Index(fields=["space", "state", "id"], name="gateattempt_space"),
        ),
        migrations.AddIndex(
            model_name="gateattempt",
            index=models.Index(fields=["account", "space", "id"], name="gateattempt_whom"),
        ),
        migrations.AddIndex(
            model_name="gateattempt",
            index=models.Index(fields=["space", "ended_at"], name="gateattempt_ended"),
        ),
        migrations.AddConstraint(
            model_name="gateattempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("space", "account"),
                name="gateattempt_one_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="probation",
            index=models.Index(fields=["account", "space", "id"], name="probation_whom"),
        ),
        migrations.AddConstraint(
            model_name="probation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("space", "account"),
                name="probation_one_running",
            ),
        ),
    ]
