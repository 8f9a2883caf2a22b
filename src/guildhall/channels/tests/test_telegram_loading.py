"""The library is loaded by many threads of a new process at once, and none of them stumbles."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import threading
import django
django.setup()
from guildhall.channels.telegram import loading
gate, failed = threading.Barrier(6), []
def go(n):
    gate.wait()
    try:
        (loading.load if n % 2 else loading.library)()
        from guildhall.channels.telegram import acts, wire
    except Exception as error:
        failed.append(repr(error))
threads = [threading.Thread(target=go, args=(n,)) for n in range(6)]
[one.start() for one in threads]
[one.join() for one in threads]
print(failed)
"""


def test_threads_that_load_the_library_together_do_not_lock_each_other_out() -> None:
    found = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "guildhall.conf.test_settings"},
    )  # fmt: skip
    assert found.stdout.strip() == "[]", found.stdout + found.stderr
