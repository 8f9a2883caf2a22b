"""What every process of a house carries: workers, ticker and gateway start many times and stay long."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_process_that_only_starts_carries_no_arrow_no_duckdb_and_no_spark(tmp_path: Path) -> None:
    code = (
        "import django, sys; django.setup(); "
        "print([name for name in ('pyarrow', 'duckdb', 'deltalake', 'pyspark') if name in sys.modules])"
    )
    settings = {
        "DJANGO_SETTINGS_MODULE": "guildhall.conf.settings", "GUILDHALL_DATA_DIR": str(tmp_path),
        "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
