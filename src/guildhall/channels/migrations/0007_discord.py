from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0006_topics_and_enclosures'),
    ]

    operations = [
    ]
