"""`guildhall web`: the web server of one machine: Granian over WSGI, serving static files by itself.

The process that listens loads no Django; its workers do, and they end with it even when it is killed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from guildhall.channels.telegram import HOOK_CONNECTIONS
from guildhall.core.settings import Settings

IDLE_THREAD_S = 30
BACKLOG = 1024
KILL_AFTER_S = 10
STATIC_AGE_S = 86_400


def serve(settings: Settings) -> None:
    """Serve until told to stop. Blocks; must run in the main thread."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    static = settings.data_dir / "static"
    static.mkdir(parents=True, exist_ok=True)
    server = Server(
        "guildhall.conf.wsgi:application",
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads + HOOK_CONNECTIONS,
        blocking_threads_idle_timeout=IDLE_THREAD_S,
        runtime_blocking_threads=4,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_S,
        websockets=False,
        log_level=LogLevels.warning,
        static_path_route=["/static"],
        static_path_mount=[static],
        static_path_expires=STATIC_AGE_S,
    )
    server.serve(target_loader=application_loader(os.getpid()), wrap_loader=False)


def application_loader(parent: int) -> Callable[[], Any]:
    """What a freshly forked web worker runs first: tie itself to `parent`, then load Django."""

    def load() -> Any:
        from guildhall.effects.processes import die_with_parent, settle_memory

        die_with_parent(parent)
        from guildhall.conf.wsgi import application

        settle_memory()
        return application

    return load
