"""Django's settings for tests: a throwaway data directory, a SQLite file with WAL and gate, or PostgreSQL.

Everything else is as in production, so that tests meet what people meet.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="guildhall-test-"))
_owner = os.getpid()


def _remove() -> None:
    if os.getpid() == _owner:
        shutil.rmtree(_folder, ignore_errors=True)


atexit.register(_remove)
for _name in [name for name in os.environ if name.startswith("GUILDHALL_")]:
    del os.environ[_name]
os.environ["GUILDHALL_DATA_DIR"] = str(_folder)
os.environ["GUILDHALL_DEMO"] = "off"

from guildhall.conf.settings import *  # noqa: E402, F403
from guildhall.conf.settings import DATABASES  # noqa: E402

TESTING = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if DATABASES["default"]["ENGINE"] == "guildhall.core.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
