"""`python -m loadtests.benchmarks [NAME…]`: run benchmarks on an otherwise idle machine and keep their results.

Each writes `loadtests/benchmarks/results/NAME.json`; the exit code is 1 when a bar is missed.
"""

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

NAMES = ("ledger", "projections", "communes", "assess", "relay", "catch_up", "freshness")
RESULTS = Path(__file__).parent / "results"


def run(names: list[str]) -> bool:
    """Run the benchmarks; whether every bar is met."""
    passed = True
    RESULTS.mkdir(exist_ok=True)
    for name in names:
        print(f"== {name}", flush=True)
        results = importlib.import_module(f"loadtests.benchmarks.{name}").main()
        kept = {
            "measured_on": datetime.now(UTC).date().isoformat(),
            "command": f"python -m loadtests.benchmarks {name}",
        }
        (RESULTS / f"{name}.json").write_text(
            json.dumps({**kept, **results}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        passed = passed and results["passed"]
    return passed


if __name__ == "__main__":
    unknown = sorted(set(sys.argv[1:]) - set(NAMES))
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(unknown)}: choose among {', '.join(NAMES)}.")
    sys.exit(not run(sys.argv[1:] or list(NAMES)))
