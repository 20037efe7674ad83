"""Brings veraPDF, which the tests check letters with, into .cache/verapdf: the very files that verapdf.sha256 lists.
Maven fetches them from wherever this machine has it look; a file with another content is refused."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "verapdf.sha256"
TARGET = ROOT / ".cache" / "verapdf"


def wanted() -> dict[str, tuple[str, tuple[str, str, str]]]:
    """By file name: the SHA-256 and the coordinates (group, artifact, version)."""
    found = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        digest, _, coordinates = line.partition("  ")
        group, artifact, version = coordinates.split(":")
        found[f"{artifact}-{version}.jar"] = digest, (group, artifact, version)
    return found


def wrong(folder: Path) -> list[str]:
    """The files that are missing there, or are not what they should be."""
    return [
        name
        for name, (digest, _) in wanted().items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def fetch(folder: Path) -> None:
    """Let Maven copy every file into a folder; each is named outright, so that it chooses no version."""
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        for _, (group, artifact, version) in wanted().values()
    )
    project = (
        "<project><modelVersion>4.0.0</modelVersion><groupId>beffroi</groupId><artifactId>verapdf</artifactId>"
        f"<version>1</version><packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>"
    )
    (folder / "pom.xml").write_text(project, encoding="utf-8")
    subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
        cwd=folder,
        check=True,
    )
    (folder / "pom.xml").unlink()


def main() -> None:
    """Fetch what is not there yet; nothing when everything is."""
    if not wrong(TARGET):
        return
    TARGET.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=TARGET.parent) as draft:
        folder = Path(draft)
        fetch(folder)
        if bad := wrong(folder):
            sys.exit(f"verapdf: not the files that {LIST.name} lists: {', '.join(bad)}")
        TARGET.mkdir(exist_ok=True)
        for name in wanted():
            (folder / name).replace(TARGET / name)


if __name__ == "__main__":
    main()
