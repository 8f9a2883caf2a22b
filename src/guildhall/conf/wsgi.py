"""The WSGI entry point that the web server loads in each of its processes: the webhook door before Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.settings")
django = get_wsgi_application()

from guildhall.api.metrics import count  # noqa: E402 - needs Django ready
from guildhall.intake.door import Door  # noqa: E402

application = Door(django, count)
