import django.db.models.deletion
import guildhall.core.clock
import guildhall.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0005_may_restrict"),
        ("guard", "0003_feeds"),
        ("people", "0003_whose_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("space_id", models.CharField(max_length=26)),
                ("account_id", models.CharField(max_length=26)),
                ("at", models.DateTimeField()),
                ("born", models.DateTimeField(null=True)),
                ("shape", models.CharField(blank=True, max_length=60)),
                ("is_request", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["space_id", "at"], name="arrival_space"),
                    models.Index(fields=["at"], name="arrival_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("space_id", "account_id", "at"), name="arrival_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("suspected", "suspected"),
                            ("confirmed", "confirmed"),
                            ("cleared", "cleared as fine"),
                        ],
                        default="suspected",
                        max_length=10,
                    ),
                ),
                ("shapes", models.JSONField(default=list)),
                ("accounts", models.PositiveIntegerField(default=0)),
                ("spaces", models.PositiveIntegerField(default=0)),
                ("in_spaces", models.JSONField(default=list)),
                ("messages", models.PositiveIntegerField(default=0)),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("note", models.TextField(blank=True)),
                ("measure", models.CharField(blank=True, max_length=10)),
                ("sweeping", models.CharField(blank=True, max_length=10)),
                (
                    "sample",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="channels.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
            },
        ),
        migrations.CreateModel(
            name="CampaignMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("removed", models.BooleanField(default=False)),
                ("was_open", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.account",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="guard.campaign",
                    ),
                ),
                (
                    "case",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="campaign_link",
                        to="guard.case",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="campaign_link",
                        to="channels.message",
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
        ),
        migrations.CreateModel(
            name="Conduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("space_id", models.CharField(max_length=26)),
                ("account_id", models.CharField(max_length=26)),
                ("heat", models.PositiveSmallIntegerField(default=0)),
                ("heat_at", models.DateTimeField()),
                ("links_seen", models.PositiveIntegerField(default=0)),
                ("reacted", models.PositiveIntegerField(default=0)),
                ("reacted_since", models.DateTimeField(null=True)),
                ("invited", models.PositiveIntegerField(default=0)),
                ("invited_since", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["heat_at"], name="conduct_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("space_id", "account_id"), name="conduct_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Fingerprint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("message_id", models.CharField(max_length=26)),
                ("account_id", models.CharField(max_length=26)),
                ("space_id", models.CharField(max_length=26)),
                ("at", models.DateTimeField()),
                ("values", models.CharField(max_length=64)),
                ("band0", models.IntegerField(null=True)),
                ("band1", models.IntegerField(null=True)),
                ("band2", models.IntegerField(null=True)),
                ("band3", models.IntegerField(null=True)),
                ("band4", models.IntegerField(null=True)),
                ("band5", models.IntegerField(null=True)),
                ("is_suspect", models.BooleanField(default=False)),
                ("campaign_id", models.CharField(blank=True, max_length=26)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("band0__isnull", False)),
                        fields=["band0"],
                        name="fingerprint_band0",
                    ),
                    models.Index(
                        condition=models.Q(("band1__isnull", False)),
                        fields=["band1"],
                        name="fingerprint_band1",
                    ),
                    models.Index(
                        condition=models.Q(("band2__isnull", False)),
                        fields=["band2"],
                        name="fingerprint_band2",
                    ),
                    models.Index(
                        condition=models.Q(("band3__isnull", False)),
                        fields=["band3"],
                        name="fingerprint_band3",
                    ),
                    models.Index(
                        condition=models.Q(("band4__isnull", False)),
                        fields=["band4"],
                        name="fingerprint_band4",
                    ),
                    models.Index(
                        condition=models.Q(("band5__isnull", False)),
                        fields=["band5"],
                        name="fingerprint_band5",
                    ),
                    models.Index(
                        condition=models.Q(("campaign_id", ""), _negated=True),
                        fields=["campaign_id"],
                        name="fingerprint_of",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Raid",
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
                    "state",
                    models.CharField(
                        choices=[("suspected", "suspected"), ("on", "going on"), ("over", "over")],
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("began_at", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("declared_by", models.CharField(max_length=60)),
                ("ended_by", models.CharField(blank=True, max_length=60)),
                ("evidence", models.JSONField(default=list)),
                ("joins", models.PositiveIntegerField(default=0)),
                ("quiet_minutes", models.PositiveIntegerField(default=10)),
                ("note", models.TextField(blank=True)),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="raids",
                        to="channels.space",
                    ),
                ),
            ],
            options={
                "verbose_name": "raid",
                "verbose_name_plural": "raids",
            },
        ),
        migrations.CreateModel(
            name="RaidNewcomer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=guildhall.core.clock.now)),
                ("held", models.BooleanField(default=False)),
                ("released_at", models.DateTimeField(null=True)),
                ("released_by", models.CharField(blank=True, max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.account"
                    ),
                ),
                (
                    "raid",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="newcomers",
                        to="guard.raid",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RaidStep",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("doors", "doors held"),
                            ("newcomers", "newcomers read only"),
                            ("slow", "slow mode"),
                            ("lock", "space locked"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("done", "in force"), ("manual", "by hand"), ("undone", "taken back")],
                        max_length=8,
                    ),
                ),
                ("manual_step", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by", models.CharField(blank=True, max_length=60)),
                (
                    "raid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="guard.raid"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Surge",
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
                ("rule", models.CharField(max_length=10)),
                ("count", models.PositiveIntegerField()),
                ("seconds", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("upheld", "upheld"), ("undone", "undone")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="people.account"
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="guard.handmeasure",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="channels.space",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["state", "-last_seen"], name="campaign_state"),
        ),
        migrations.AddIndex(
            model_name="campaignmessage",
            index=models.Index(fields=["campaign", "account", "space"], name="campaignmessage_who"),
        ),
        migrations.AddIndex(
            model_name="campaignmessage",
            index=models.Index(fields=["campaign", "id"], name="campaignmessage_order"),
        ),
        migrations.AddIndex(
            model_name="raid",
            index=models.Index(fields=["state", "-id"], name="raid_state"),
        ),
        migrations.AddIndex(
            model_name="raid",
            index=models.Index(fields=["space", "-began_at"], name="raid_space"),
        ),
        migrations.AddConstraint(
            model_name="raid",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "over"), _negated=True), fields=("space",), name="raid_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="raidnewcomer",
            constraint=models.UniqueConstraint(fields=("raid", "account"), name="raidnewcomer_once"),
        ),
        migrations.AddConstraint(
            model_name="raidstep",
            constraint=models.UniqueConstraint(fields=("raid", "kind"), name="raidstep_once"),
        ),
        migrations.AddIndex(
            model_name="surge",
            index=models.Index(fields=["state", "-id"], name="surge_state"),
        ),
        migrations.AddIndex(
            model_name="surge",
            index=models.Index(fields=["account", "space", "rule", "at"], name="surge_whom"),
        ),
    ]
