from django.db import migrations, models

import guildhall.core.clock


class Migration(migrations.Migration):
    dependencies = [("desk", "0008_escalations")]

    operations = [
        migrations.CreateModel(
            name="FigureDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("body", models.BinaryField()),
                ("tickets", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(default=guildhall.core.clock.now)),
            ],
            options={
                "verbose_name": "figures of a day",
                "verbose_name_plural": "figures of days",
            },
        ),
        migrations.CreateModel(
            name="FigureMark",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("upto", models.DateTimeField()),
            ],
            options={
                "verbose_name": "state of the figures",
                "verbose_name_plural": "states of the figures",
            },
        ),
        migrations.CreateModel(
            name="FigureTarget",
            fields=[
                ("figure", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("percent", models.PositiveSmallIntegerField()),
                ("changed_by", models.CharField(max_length=60)),
                ("changed_at", models.DateTimeField(default=guildhall.core.clock.now)),
            ],
            options={
                "verbose_name": "target of a figure",
                "verbose_name_plural": "targets of figures",
            },
        ),
    ]
