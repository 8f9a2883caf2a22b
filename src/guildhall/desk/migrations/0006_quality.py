from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0005_handover")]

    operations = []
