from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("guard", "0003_feeds")]

    operations = []
