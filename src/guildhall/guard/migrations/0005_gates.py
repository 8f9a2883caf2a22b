from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("guard", "0004_behaviour")]

    operations = []
