from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_finding")]

    operations: list[object] = []
