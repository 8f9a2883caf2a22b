import django.db.models.deletion
import guildhall.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("guard", "0006_learning"),
    ]

    operations = [
        migrations.AddField(
            model_name="shadowrun",
            name="scope",
            field=models.CharField(default="judged", max_length=26),
        ),
        migrations.CreateModel(
            name="MeasuredKind",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("family", models.CharField(max_length=10)),
                ("space_id", models.CharField(blank=True, max_length=26)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("decided", models.PositiveIntegerField()),
                ("right", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("family", "space_id", "language"), name="measuredkind_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReachCheck",
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
                ("number", models.PositiveIntegerField()),
                ("source_yaml", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("against", models.CharField(max_length=64)),
                ("intent", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "being checked"),
                            ("passed", "passed"),
                            ("refused", "refused"),
                            ("unfinished", "not finished"),
                            ("void", "void"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("why", models.JSONField(default=dict)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("cursor", models.CharField(blank=True, max_length=26)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("proposal_id", models.CharField(blank=True, max_length=40)),
                ("started_at", models.DateTimeField()),
                ("started_by", models.CharField(max_length=60)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="checks", to="guard.policy"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["sha256", "-id"], name="reachcheck_source")],
            },
        ),
    ]
