"""Takes the pictures of README and docs by walking the first journey in a real house: `make screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURES = REPOSITORY / "docs" / "img"


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-n0", "-m", "browser", "tests/browser/test_journey.py"]
    environment = {**os.environ, "JOURNEY_PICTURES": str(PICTURES)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
