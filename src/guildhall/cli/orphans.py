"""Asks the kernel to end a process with its parent, so that no worker goes on without its supervisor.

Small on purpose: the supervisor uses it, and the supervisor loads no Django.
"""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1


def die_with(parent: int, how: int = signal.SIGTERM) -> None:
    """Have the kernel send `how` to this process when its direct parent ends; at once if it has.

    Call it in the child, after fork. Linux only, as is the rest of the supervisor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os.kill(os.getpid(), how)
