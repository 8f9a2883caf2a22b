import django.db.models.deletion
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [("desk", "0006_quality")]

    operations = [
        migrations.CreateModel(
            name="VendorInvoice",
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
                ("month", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("proposed", "waits for approval"),
                            ("frozen", "frozen"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("currency", models.CharField(max_length=10)),
                ("terms", models.JSONField()),
                ("content", models.JSONField()),
                ("total_minor", models.BigIntegerField()),
                ("reckoned_by", models.CharField(max_length=60)),
                ("reckoned_at", models.DateTimeField()),
                ("proposed_by", models.CharField(blank=True, max_length=60)),
                ("frozen_by", models.CharField(blank=True, max_length=60)),
                ("frozen_at", models.DateTimeField(null=True)),
                (
                    "vendor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="desk.vendor"
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice of a vendor",
                "verbose_name_plural": "invoices of vendors",
            },
        ),
        migrations.CreateModel(
            name="BilledTicket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ticket_id", models.CharField(max_length=26, unique=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="desk.vendorinvoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket on an invoice",
                "verbose_name_plural": "tickets on invoices",
            },
        ),
        migrations.CreateModel(
            name="VendorRoute",
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
                ("order", models.PositiveSmallIntegerField(default=100)),
                ("match", models.JSONField(default=dict)),
                ("is_on", models.BooleanField(default=True)),
                ("changed_by", models.CharField(max_length=60)),
                ("changed_at", models.DateTimeField(default=guildhall.core.clock.now)),
                (
                    "vendor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="routes", to="desk.vendor"
                    ),
                ),
            ],
            options={
                "verbose_name": "route to a vendor",
                "verbose_name_plural": "routes to vendors",
            },
        ),
        migrations.AddConstraint(
            model_name="vendorinvoice",
            constraint=models.UniqueConstraint(fields=("vendor", "month"), name="vendorinvoice_once"),
        ),
        migrations.AddConstraint(
            model_name="vendorinvoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "frozen"), _negated=True),
                    ("frozen_at__isnull", False),
                    _connector="OR",
                ),
                name="vendorinvoice_frozen_when",
            ),
        ),
        migrations.AddIndex(
            model_name="vendorroute",
            index=models.Index(fields=["order", "id"], name="vendorroute_order"),
        ),
    ]
