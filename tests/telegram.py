"""The fake Bot API in a process of its own, for tests and measurements that must not share theirs with it."""

from __future__ import annotations

import os
import subprocess
import sys

from guildhall.channels.testing.telegram import Control
from guildhall.cli.orphans import die_with
from tests.house import REPOSITORY


class Fake:
    """A running fake with one bot; `control` drives it. Ends with this process."""

    def __init__(self) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "guildhall.channels.testing.telegram", "--port", "0"], cwd=REPOSITORY,
            text=True, stdout=subprocess.PIPE, preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        assert self.process.stdout is not None
        said = dict(self.process.stdout.readline().split() for _ in range(2))
        self.url, self.token = said["url"], said["token"]
        self.bot_id = int(self.token.partition(":")[0])
        self.control = Control(self.url)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
