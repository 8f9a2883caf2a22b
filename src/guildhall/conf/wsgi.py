"""The WSGI entry point that the web server loads in each of its processes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.settings")
application = get_wsgi_application()
