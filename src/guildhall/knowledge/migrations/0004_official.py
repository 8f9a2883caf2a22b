from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_answers")]

    operations: list[object] = []
