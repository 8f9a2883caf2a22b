import django.db.models.deletion
from django.db import migrations, models

import guildhall.core.clock
import guildhall.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("guard", "0002_by_hand"),
        ("people", "0003_whose_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
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
                ("name", models.CharField(max_length=60, unique=True, verbose_name="feed name")),
                (
                    "about",
                    models.CharField(
                        choices=[("domains", "bad domains"), ("people", "people known as spammers")],
                        default="domains",
                        max_length=8,
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("auto", "recognised by itself"),
                            ("scamsniffer", "ScamSniffer"),
                            ("polkadot", "polkadot-js/phishing"),
                            ("metamask", "MetaMask config.json"),
                            ("lines", "lines, hosts file or ad-blocker list"),
                            ("ids", "ids of people (CSV or lines)"),
                        ],
                        default="auto",
                        max_length=12,
                    ),
                ),
                ("every_hours", models.PositiveSmallIntegerField(default=6)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "subscribed"), ("paused", "paused")],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("entries", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("modified", models.CharField(blank=True, max_length=80)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("problem", models.JSONField(blank=True, default=dict)),
                ("due_at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("tried_at", models.DateTimeField(null=True)),
                ("ok_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField(null=True)),
                ("added_by", models.CharField(max_length=60)),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
            ],
            options={
                "verbose_name": "feed",
                "verbose_name_plural": "feeds",
            },
        ),
        migrations.CreateModel(
            name="LookedUp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_listed", models.BooleanField()),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LookUpList",
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
                ("name", models.CharField(max_length=60, unique=True, verbose_name="list name")),
                ("url", models.CharField(max_length=500)),
                ("field", models.CharField(max_length=60)),
                ("platform", models.CharField(default="telegram", max_length=20)),
                ("is_on", models.BooleanField(default=True)),
                ("problem", models.JSONField(blank=True, default=dict)),
                ("ok_at", models.DateTimeField(null=True)),
                ("added_by", models.CharField(max_length=60)),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
            ],
            options={
                "verbose_name": "look-up list",
                "verbose_name_plural": "look-up lists",
            },
        ),
        migrations.CreateModel(
            name="FeedContent",
            fields=[
                (
                    "feed",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="content",
                        serialize=False,
                        to="guard.feed",
                    ),
                ),
                ("hashes", models.BinaryField()),
            ],
        ),
        migrations.AddIndex(
            model_name="feed",
            index=models.Index(fields=["state", "due_at"], name="feed_due"),
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_hours__gte", 1), ("every_hours__lte", 168)), name="feed_every"
            ),
        ),
        migrations.AddField(
            model_name="lookedup",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.account"
            ),
        ),
        migrations.AddField(
            model_name="lookedup",
            name="list",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to="guard.lookuplist",
            ),
        ),
        migrations.AddIndex(
            model_name="lookedup",
            index=models.Index(fields=["until"], name="lookedup_until"),
        ),
        migrations.AddConstraint(
            model_name="lookedup",
            constraint=models.UniqueConstraint(fields=("list", "account"), name="lookedup_once"),
        ),
    ]
