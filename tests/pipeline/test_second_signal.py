"""A second Ctrl-C ends the process, even where what it interrupts does not come to its end."""

from __future__ import annotations

import signal
import subprocess
import sys

STUCK = """
import threading, time
from auditor.pipeline.stopping import stop_signals
with stop_signals(threading.Event(), lambda: print("asked", flush=True)):
    try:
        print("ready", flush=True)
        time.sleep(100)
    except KeyboardInterrupt:
        print("again", flush=True)
        time.sleep(100)
"""


def test_what_is_stuck_is_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            for said in ("ready", "asked", "again"):
                assert process.stdout.readline().strip() == said
                if said != "again":
                    process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()
