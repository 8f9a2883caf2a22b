"""The fake Discord in a process of its own, for tests and measurements that must not share theirs with it."""

from __future__ import annotations

import os
import subprocess
import sys

from guildhall.channels.testing.discord import Control
from guildhall.cli.orphans import die_with
from tests.house import REPOSITORY


class Fake:
    """A running fake with one bot in one server; `control` drives it. Ends with this process."""

    def __init__(self, *options: str) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "guildhall.channels.testing.discord", "--port", "0", *options],
            cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        assert self.process.stdout is not None
        said: dict[str, str] = {}
        while "control" not in said:
            name, _, value = self.process.stdout.readline().strip().partition(" ")
            said[name] = value
        self.url, self.api, self.gateway, self.token = (
            said["url"],
            said["api"],
            said["gateway"],
            said["token"],
        )
        self.guild, _, self.owner = said["guild"].partition(" owner ")
        self.control = Control(self.url)
        self.bot_id = next(one for one in self.control.members(self.guild) if one != self.owner)
        self.general = str(self.control.channels(self.guild)["general"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
