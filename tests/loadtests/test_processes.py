"""The processor time of a process counts what it started, whether that still runs or has ended."""

import os
import subprocess
import sys

from loadtests.benchmarks.processes import Meter, cpu_seconds, parent_of

# Computes for 0.3 s of processor time itself and as long in a child that ends, says so, and waits.
BUSY = """
import subprocess, sys, time
spin = "import time\\nwhile time.process_time() < 0.3: pass"
exec(spin)
subprocess.run([sys.executable, "-c", spin], check=True)
print(flush=True)
sys.stdin.read()
"""


def test_what_a_process_and_its_children_computed_is_counted_and_nothing_before() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        assert parent_of(process.pid) == os.getpid()
        assert cpu_seconds(process.pid) >= 0.58  # two clocks of ten milliseconds
        assert Meter({"busy": process.pid}).microseconds(10)["all"] < 0.3 / 10 * 1e6
        process.stdin.close()
    assert cpu_seconds(process.pid) == 0.0
