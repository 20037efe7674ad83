"""Looks for known vulnerabilities in the locked dependencies; exit code 1 when there is one.
An advisory service that cannot be reached is said in one line and fails nothing: no news is not bad news."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements/runtime.txt", "requirements/dev.txt")


class UnreachableError(Exception):
    """The advisory service did not answer; the message is its last words."""


def python_findings(locks: Sequence[str] = LOCKS) -> list[str]:
    """Vulnerabilities of the Python lock files, a line each, by pip-audit and the OSV service."""
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--format", "json"]
    command += ["--progress-spinner", "off", "--require-hashes", "--disable-pip"]
    for lock in locks:
        command += ["--requirement", lock]
    ran = _run(command)
    try:
        dependencies = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError):
        _refuse_other_failure(
            ran.stderr, ("ConnectionError", "HTTPError", "Timeout", "ServiceError", "ConnectionRefused")
        )
        raise UnreachableError(_last_line(ran.stderr)) from None
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    if unknown:
        raise UnreachableError(f"no answer about {len(unknown)} packages")
    return [
        f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'none'}"
        for each in dependencies
        for found in each["vulns"]
    ]


def node_findings() -> list[str]:
    """Vulnerabilities of package-lock.json, a line each, by npm audit."""
    ran = _run(["npm", "audit", "--json", "--audit-level=none"])
    report: dict[str, Any] = json.loads(ran.stdout or "{}")
    if "vulnerabilities" not in report:
        said = str(report.get("message") or report.get("error") or _last_line(ran.stderr))
        _refuse_other_failure(
            said, ("http", "fetch", "network", "ENOTFOUND", "ECONN", "EAI_AGAIN", "ETIMEDOUT", "Method Not")
        )
        raise UnreachableError(said.partition(" - ")[0].rpartition("reason: ")[2])
    return [
        f"{name} {found['range']}: {found['severity']}, "
        + "; ".join(via["title"] if isinstance(via, dict) else f"by {via}" for via in found["via"])
        for name, found in report["vulnerabilities"].items()
    ]


def main() -> int:
    """Print what was found, for both lock files."""
    failed = False
    for name, look in (("Python", python_findings), ("JavaScript", node_findings)):
        try:
            findings = look()
        except UnreachableError as unreachable:
            print(f"audit: {name} NOT audited, its advisory service cannot be reached ({unreachable})")
            continue
        for finding in findings:
            print(f"audit: {name}: {finding}")
        failed = failed or bool(findings)
        if not findings:
            print(f"audit: {name}: no known vulnerability")
    return int(failed)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


def _refuse_other_failure(said: str, of_the_network: Sequence[str]) -> None:
    """Only a failure of the network is excused; a broken lock file or tool is not."""
    if not any(sign in said for sign in of_the_network):
        raise SystemExit(f"audit: failed\n{said}")


def _last_line(text: str) -> str:
    line = next((line for line in reversed(text.splitlines()) if line.strip()), "no answer")
    return line.split(":")[0].rpartition(".")[2]


if __name__ == "__main__":
    sys.exit(main())
