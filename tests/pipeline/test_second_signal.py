"""A second Ctrl-C ends the process at once, whatever it is in the middle of."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# A library that catches all it meets, and one that is called where an exception cannot go anywhere.
CATCHES = """
while True:
    try:
        time.sleep(100)
    except BaseException as error:
        traceback.print_exc()
"""
SWALLOWS = """
class Bin:
    def __del__(self):
        time.sleep(100)
while True:
    Bin()
"""
STUCK = """
import threading, time, traceback
from auditor.pipeline.stopping import stop_signals
with stop_signals(threading.Event(), lambda: print("asked", flush=True)):
    print("ready", flush=True)
"""


@pytest.mark.parametrize("work", [CATCHES, SWALLOWS])
def test_ends_amid_anything(work: str) -> None:
    script = STUCK + "".join(f"    {line}\n" for line in work.splitlines())
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            for said in ("ready", "asked"):
                assert process.stdout.readline().strip() == said
                process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
            assert process.stderr
            assert process.stderr.read() == "Stopped.\n"
        finally:
            process.kill()
