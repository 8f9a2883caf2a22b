import django.db.models.deletion
import guildhall.core.clock
import guildhall.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0002_sla'),
    ]

    operations = [
        migrations.CreateModel(
            name='EscalationChain',
            fields=[
                ('id', guildhall.core.ids.IdField(default=guildhall.core.ids.new_id, editable=False, max_length=26, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('steps', models.JSONField(default=list)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('changed_by', models.CharField(max_length=60)),
                ('changed_at', models.DateTimeField(default=guildhall.core.clock.now)),
                ('archived_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'escalation chain',
                'verbose_name_plural': 'escalation chains',
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('metric', models.CharField(choices=[('first_response', 'first response'), ('next_response', 'next response'), ('resolution', 'resolution')], max_length=16)),
                ('instance', models.PositiveIntegerField(default=1)),
                ('started_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('running', 'counting'), ('paused', 'on hold'), ('met', 'met'), ('merged', 'ended by merging')], max_length=8)),
                ('elapsed_seconds', models.BigIntegerField(default=0)),
                ('as_of', models.DateTimeField()),
                ('target_seconds', models.BigIntegerField(null=True)),
                ('calendar', models.TextField(blank=True)),
                ('policy_version', models.PositiveBigIntegerField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('warn_at', models.DateTimeField(null=True)),
                ('warn_share', models.PositiveSmallIntegerField(default=0)),
                ('warned_share', models.PositiveSmallIntegerField(default=0)),
                ('warned_at', models.DateTimeField(null=True)),
                ('met_at', models.DateTimeField(null=True)),
                ('breached_at', models.DateTimeField(null=True)),
                ('announced_at', models.DateTimeField(null=True)),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='desk.ticket')),
            ],
            options={
                'verbose_name': 'clock',
                'verbose_name_plural': 'clocks',
            },
        ),
        migrations.CreateModel(
            name='ChainStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=guildhall.core.clock.now)),
                ('since', models.CharField(max_length=8)),
                ('number', models.PositiveSmallIntegerField()),
                ('do', models.CharField(max_length=10)),
                ('outcome', models.CharField(choices=[('done', 'done'), ('nobody', 'nobody was found'), ('not_needed', 'not needed any more')], max_length=10)),
                ('clock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='desk.clock')),
            ],
            options={
                'verbose_name': 'step of a chain that was taken',
                'verbose_name_plural': 'steps of chains that were taken',
            },
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'id'], name='clock_due'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('warn_at__isnull', False)), fields=['warn_at', 'id'], name='clock_warn'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('announced_at__isnull', True), ('breached_at__isnull', False)), fields=['breached_at', 'id'], name='clock_untold'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('breached_at__isnull', True), ('due_at__isnull', True), ('state', 'running'), ('target_seconds__isnull', False)), fields=['id'], name='clock_far'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.UniqueConstraint(fields=('ticket', 'metric', 'instance'), name='clock_once'),
        ),
        migrations.AddConstraint(
            model_name='clock',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__isnull', True), models.Q(('breached_at__isnull', True), ('state', 'running')), _connector='OR'), name='clock_due_only_while_it_runs'),
        ),
        migrations.AddConstraint(
            model_name='chainstep',
            constraint=models.UniqueConstraint(fields=('clock', 'since', 'number'), name='chain_step_once'),
        ),
    ]
