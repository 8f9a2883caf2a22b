from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0009_figures")]

    operations: list[object] = []
