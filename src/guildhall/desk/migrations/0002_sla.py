from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0001_tickets")]

    operations = []
