import django.db.models.deletion
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_tickets")]

    operations = [
        migrations.CreateModel(
            name="SlaPolicy",
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
                ("order", models.PositiveSmallIntegerField(default=100)),
                ("match", models.JSONField(default=dict)),
                ("created_by", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("changed_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "SLA policy",
                "verbose_name_plural": "SLA policies",
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("content", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_force", "in force"),
                            ("superseded", "superseded"),
                            ("discarded", "put away"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("edits", models.PositiveIntegerField(default=0)),
                ("created_by", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("in_force_by", models.CharField(blank=True, max_length=60)),
                ("in_force_at", models.DateTimeField(null=True)),
                ("superseded_at", models.DateTimeField(null=True)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="desk.slapolicy",
                    ),
                ),
            ],
            options={
                "verbose_name": "version of an SLA policy",
                "verbose_name_plural": "versions of SLA policies",
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "version"), name="sla_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_force")), fields=("policy",), name="sla_one_in_force"
                    ),
                ],
            },
        ),
    ]
