from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0004_official")]

    operations: list[object] = []
