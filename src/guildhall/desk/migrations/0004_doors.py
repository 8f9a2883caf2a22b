import django.db.models.deletion
import guildhall.core.clock
import guildhall.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_clocks")]

    operations = [
        migrations.CreateModel(
            name='DoorWords',
            fields=[
                ('category', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='door_words', serialize=False, to='desk.category')),
                ('words', models.JSONField(default=list)),
                ('changed_by', models.CharField(max_length=60)),
                ('changed_at', models.DateTimeField(default=guildhall.core.clock.now)),
            ],
            options={
                'verbose_name': 'words of a category',
                'verbose_name_plural': 'words of categories',
            },
        ),
        migrations.CreateModel(
            name='DoorRule',
            fields=[
                ('id', guildhall.core.ids.IdField(default=guildhall.core.ids.new_id, editable=False, max_length=26, primary_key=True, serialize=False)),
                ('platform', models.CharField(blank=True, max_length=30)),
                ('rules', models.JSONField(default=dict)),
                ('enabled', models.BooleanField(default=True)),
                ('changed_by', models.CharField(max_length=60)),
                ('changed_at', models.DateTimeField(default=guildhall.core.clock.now)),
                ('space', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='door', to='channels.space')),
            ],
            options={
                'verbose_name': 'door',
                'verbose_name_plural': 'doors',
                'constraints': [models.UniqueConstraint(condition=models.Q(('space__isnull', True)), fields=('platform',), name='door_private_once'), models.CheckConstraint(condition=models.Q(models.Q(('platform', ''), ('space__isnull', False)), models.Q(('space__isnull', True), models.Q(('platform', ''), _negated=True)), _connector='OR'), name='door_is_of_space_or_platform')],
            },
        ),
    ]
