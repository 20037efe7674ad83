"""`python -m loadtests.campaign`: put the load on, ask the ledger, keep the report.

The exit code is 1 when the check from the ledger finds a fault, 2 when a bar is missed and `--bars` was said.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from infra.errors import OperatorError
from loadtests.campaign.report import figures, table
from loadtests.campaign.run import Wish, climbing, each_alone, run, usual
from loadtests.installation import InstallationError

RESULTS = Path(__file__).parent / "results"


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.campaign", description=__doc__)
    parser.add_argument("--rate", type=float, default=300.0, help="requests a second (300)")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long (60; a step of --knee: 15; of --each: 5)"
    )
    parser.add_argument(
        "--warm-up", type=float, default=10.0, help="seconds before that are not counted (10)"
    )
    parser.add_argument("--communes", type=int, default=140, help="communes to seed (140)")
    parser.add_argument("--members", type=int, default=225, help="members in each (225)")
    parser.add_argument("--kafka", action="store_true", help="views follow a broker of the campaign's own")
    parser.add_argument(
        "--arrivals", choices=("even", "random"), default="even", help="distances of visits (even)"
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--knee", action="store_true", help="raise the rate until a bar breaks")
    mode.add_argument(
        "--each", action="store_true", help="each sort of visit alone at --rate (40): what it costs"
    )
    parser.add_argument("--first", type=float, default=50.0, help="first rate of --knee (50)")
    parser.add_argument("--last", type=float, default=600.0, help="last rate of --knee (600)")
    parser.add_argument("--step", type=float, default=50.0, help="step of --knee (50)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the table is kept")
    parser.add_argument("--html", type=Path, help="where Locust's report is kept (var/load/…)")
    parser.add_argument(
        "--no-views", dest="views", action="store_false", help="do not build the views afresh"
    )
    parser.add_argument("--bars", action="store_true", help="a missed bar is an error")
    parser.add_argument("--folder", type=Path, help="where the product runs, instead of a temporary folder")
    found = parser.parse_args(arguments)
    given = set(sys.argv[1:] if arguments is None else arguments)
    if (found.knee or found.each) and "--seconds" not in given:
        found.seconds = 15.0 if found.knee else 5.0
    if found.each and "--rate" not in given:
        found.rate = 40.0
    return found


def wish(found: argparse.Namespace, html: Path) -> Wish:
    """The campaign that was asked for."""
    if found.knee:
        phases = climbing(found.first, found.last, found.step, found.seconds, found.warm_up)
    elif found.each:
        phases = each_alone(found.rate, found.seconds)
    else:
        phases = usual(found.rate, found.seconds, found.warm_up)
    return Wish(
        phases=phases,
        communes=found.communes,
        members=found.members,
        kafka=found.kafka,
        arrivals=found.arrivals,
        html=html,
        views=found.views,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; the exit code."""
    found = parsed(arguments)
    mode = "knee" if found.knee else "each" if found.each else "load"
    name = f"{datetime.now(UTC).date().isoformat()}-{mode}-{'kafka' if found.kafka else 'store'}"
    html = (found.html or Path("var") / "load" / f"{name}.html").absolute()
    html.parent.mkdir(parents=True, exist_ok=True)
    command = " ".join(("python -m loadtests.campaign", *(sys.argv[1:] if arguments is None else arguments)))
    try:
        told = figures(
            run(wish(found, html), lambda line: print(line, flush=True), found.folder), command.strip()
        )
    except (OperatorError, InstallationError) as error:
        print(error, file=sys.stderr)
        return 1
    found.results.mkdir(parents=True, exist_ok=True)
    text = table(told)
    (found.results / f"{name}.json").write_text(
        json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (found.results / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"Locust's report: {html}")
    if not told["passed"]:
        return 1
    missed = any(not met for phase in told["phases"] for met in phase["bars"].values())
    return 2 if missed and found.bars and mode == "load" else 0


if __name__ == "__main__":
    sys.exit(main())
