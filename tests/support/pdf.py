"""veraPDF, the reference checker of PDF/UA; `scripts/jars.py` brought it."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / ".cache" / "verapdf"


def faults(content: bytes, folder: Path) -> str:
    """What veraPDF finds wrong with a PDF under PDF/UA-1; empty when nothing is. `folder` is for the file."""
    file = folder / "checked.pdf"
    file.write_bytes(content)
    found = subprocess.run(
        ["java", "-cp", f"{JARS}/*", "org.verapdf.apps.GreenfieldCliWrapper", "-f", "ua1", "--format", "text", "-v",
         str(file)],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return "" if found.stdout.startswith("PASS ") else found.stdout + found.stderr
