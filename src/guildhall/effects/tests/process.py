"""A worker or ticker in a process of its own, for tests that kill it: performers append a line for each
start and end.

Run as `python process.py worker NAME THREADS LOG` or `ticker NAME` with the settings of the test; the lines
let a test count what was really begun and ended, whatever the database says.
"""

import os
import sys
import time


def main(what: str, name: str, threads: int, log: str) -> None:
    import django

    django.setup()
    from guildhall.core.text import Text
    from guildhall.effects import claim, performers, processes, ticker, worker

    processes.die_with_parent()
    claim_lease = float(os.environ.get("TEST_LEASE_S", "15"))
    performers.DEFAULT_LEASE_S = int(claim_lease)
    worker.HEARTBEAT_S = claim_lease / 4
    ticker.GRACE = ticker.timedelta(seconds=claim_lease)
    assert claim is not None
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def work(effect: performers.Claimed) -> None:
        os.write(out, f"begin {effect.id} {effect.payload.get('key', '')}\n".encode())
        time.sleep(effect.payload.get("s", 0))
        os.write(out, f"end {effect.id} {effect.payload.get('key', '')}\n".encode())

    for kind in ("t.work", "t.trivial"):
        function = work if kind == "t.work" else (lambda effect: None)
        performers.performer(kind, lease_s=int(claim_lease), describe=Text(kind, kind))(function)
    if what == "worker":
        worker.run_worker(name, threads)
    else:
        ticker.run_ticker(name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
