"""A child process ends with its parent: no worker, ticker or gateway may go on alone after its supervisor
died.

The kernel is asked to signal us when the parent dies; a watcher thread makes sure, also where the kernel
cannot or when the signal comes while we are busy stopping.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time

from guildhall.core.log import get_logger

_logger = get_logger(__name__)
_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 0.5


def die_with_parent(parent: int | None = None, *, grace_s: float = 25.0) -> None:
    """Have this process stop when its parent is gone: SIGTERM at once, the end for certain after `grace_s`
    seconds.

    parent: the process id the child was told by whoever started it; given, a parent that died before this
    call is noticed too, and this process ends here. Call it in the main thread, first thing.
    """
    expected = os.getppid() if parent is None else parent
    signalled = sys.platform == "linux"
    if signalled:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    # The parent may have died between our start and the line above: then no signal comes.
    if os.getppid() != expected:
        os._exit(128 + signal.SIGTERM)
    watcher = threading.Thread(
        target=_watch, args=(expected, signalled, grace_s), name="parent-watch", daemon=True
    )
    watcher.start()


def settle_memory() -> None:
    """Have the collector leave alone what stays as long as the process: call it when everything is loaded.

    Looking through Django's own objects again and again costs a twelfth of the CPU of intake.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def _watch(parent: int, signalled: bool, grace_s: float) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    _logger.warning("process.parent_gone", parent=parent)
    if not signalled:  # a second signal would cut the graceful stop short
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_s)
    os._exit(128 + signal.SIGTERM)
