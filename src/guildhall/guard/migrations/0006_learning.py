import django.db.models.deletion
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0005_may_restrict"),
        ("guard", "0005_gates"),
        ("people", "0003_whose_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Evaluation",
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
                ("against", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=10)),
                ("result", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="GuardDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("policy", models.CharField(max_length=80)),
                ("model", models.CharField(blank=True, max_length=60)),
                (
                    "stratum",
                    models.CharField(
                        choices=[
                            ("allowed", "left alone"),
                            ("flagged", "put before a person"),
                            ("punished", "acted on"),
                        ],
                        max_length=8,
                    ),
                ),
                ("seen", models.PositiveIntegerField(db_default=0, default=0)),
                ("bad", models.PositiveIntegerField(db_default=0, default=0)),
                ("fine", models.PositiveIntegerField(db_default=0, default=0)),
                ("drawn", models.PositiveIntegerField(db_default=0, default=0)),
                ("answered", models.PositiveIntegerField(db_default=0, default=0)),
                ("weight", models.FloatField(db_default=0, default=0)),
                ("weight_squared", models.FloatField(db_default=0, default=0)),
                ("weight_bad", models.FloatField(db_default=0, default=0)),
                ("appeals", models.PositiveIntegerField(db_default=0, default=0)),
                ("granted", models.PositiveIntegerField(db_default=0, default=0)),
                ("refused", models.PositiveIntegerField(db_default=0, default=0)),
                ("delays", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ModelVersion",
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
                ("number", models.PositiveIntegerField(unique=True)),
                ("name", models.CharField(max_length=60)),
                ("blob", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("base", models.CharField(max_length=60)),
                ("seed", models.PositiveIntegerField(default=1)),
                ("rows", models.JSONField(default=dict)),
                ("rows_hash", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("trained", "trained"),
                            ("live", "in force"),
                            ("retired", "retired"),
                            ("refused", "not better"),
                        ],
                        default="trained",
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("made_by", models.CharField(max_length=60)),
                ("cpu_seconds", models.FloatField(default=0)),
                ("live_at", models.DateTimeField(null=True)),
                ("live_by", models.CharField(blank=True, max_length=60)),
                ("retired_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "model version",
                "verbose_name_plural": "model versions",
            },
        ),
        migrations.CreateModel(
            name="RuleDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("rule", models.CharField(max_length=20)),
                (
                    "stratum",
                    models.CharField(
                        choices=[
                            ("allowed", "left alone"),
                            ("flagged", "put before a person"),
                            ("punished", "acted on"),
                        ],
                        max_length=8,
                    ),
                ),
                ("cases", models.PositiveIntegerField(default=0)),
                ("bad", models.PositiveIntegerField(default=0)),
                ("fine", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("weight", models.FloatField(default=0)),
                ("weight_squared", models.FloatField(default=0)),
                ("weight_bad", models.FloatField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="TrainingBand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("band", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="TrainingLook",
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
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("answer", models.CharField(max_length=9)),
                ("before", models.JSONField(default=list)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TrainingRow",
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
                (
                    "label",
                    models.CharField(choices=[("scam", "scam or spam"), ("fine", "fine")], max_length=4),
                ),
                ("language", models.CharField(blank=True, max_length=12)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("decision", "a decision"),
                            ("taught", "kept as an example"),
                            ("import", "an import"),
                        ],
                        max_length=8,
                    ),
                ),
                ("member_key", models.CharField(blank=True, max_length=32)),
                ("group_key", models.CharField(max_length=32)),
                ("held_back", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a look"),
                            ("reviewed", "reviewed"),
                            ("discarded", "discarded"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("in_conflict", models.BooleanField(default=False)),
                ("decided_by", models.CharField(max_length=60)),
                ("decided_at", models.DateTimeField()),
                ("looked_by", models.CharField(blank=True, max_length=60)),
                ("looked_at", models.DateTimeField(null=True)),
                ("probability", models.FloatField(null=True)),
                ("asks", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "training row",
                "verbose_name_plural": "training rows",
            },
        ),
        migrations.AddField(
            model_name="case",
            name="sample_share",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="sampleday",
            name="punished",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="sampleday",
            name="punished_taken",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="verdictrecord",
            name="model",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("sample_share__isnull", False)),
                fields=["state", "-id"],
                name="case_drawn",
            ),
        ),
        migrations.AddField(
            model_name="guardday",
            name="space",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="channels.space",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "live")), fields=("state",), name="modelversion_one_live"
            ),
        ),
        migrations.AddField(
            model_name="evaluation",
            name="candidate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="evaluations",
                to="guard.modelversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleday",
            constraint=models.UniqueConstraint(fields=("day", "rule", "stratum"), name="ruleday_once"),
        ),
        migrations.AddField(
            model_name="trainingrow",
            name="case",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="training_row",
                to="guard.case",
            ),
        ),
        migrations.AddField(
            model_name="traininglook",
            name="row",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="looks", to="guard.trainingrow"
            ),
        ),
        migrations.AddField(
            model_name="trainingband",
            name="row",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="bands", to="guard.trainingrow"
            ),
        ),
        migrations.AddConstraint(
            model_name="guardday",
            constraint=models.UniqueConstraint(
                fields=("day", "space", "policy", "model", "stratum"), name="guardday_once"
            ),
        ),
        migrations.AddIndex(
            model_name="trainingrow",
            index=models.Index(
                condition=models.Q(("asks__gt", 0)), fields=["-asks", "id"], name="trainingrow_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="trainingrow",
            index=models.Index(fields=["state", "id"], name="trainingrow_state"),
        ),
        migrations.AddIndex(
            model_name="trainingrow",
            index=models.Index(fields=["group_key"], name="trainingrow_group"),
        ),
        migrations.AddIndex(
            model_name="trainingrow",
            index=models.Index(fields=["member_key"], name="trainingrow_member"),
        ),
        migrations.AddIndex(
            model_name="trainingrow",
            index=models.Index(fields=["looked_by", "looked_at"], name="trainingrow_looked"),
        ),
        migrations.AddIndex(
            model_name="traininglook",
            index=models.Index(fields=["by", "-id"], name="traininglook_by"),
        ),
    ]
