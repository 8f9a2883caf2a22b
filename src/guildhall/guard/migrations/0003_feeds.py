from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("guard", "0002_by_hand")]

    operations = []
