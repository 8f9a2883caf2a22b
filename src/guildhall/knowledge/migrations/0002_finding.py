from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_articles")]

    operations: list[object] = []
