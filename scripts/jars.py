"""Brings what runs on Java into .cache/NAME: the very files that scripts/NAME.sha256 lists (`jars.py verapdf kafka`).
Maven fetches them from wherever this machine has it look; a file with another content is refused."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Coordinates = tuple[str, str, str]


def wanted(listing: Path) -> dict[str, tuple[str, Coordinates]]:
    """By file name: the SHA-256 and the coordinates (group, artifact, version)."""
    found = {}
    for line in listing.read_text(encoding="utf-8").splitlines():
        digest, _, coordinates = line.partition("  ")
        group, artifact, version = coordinates.split(":")
        found[f"{artifact}-{version}.jar"] = digest, (group, artifact, version)
    return found


def wrong(listing: Path, folder: Path) -> list[str]:
    """The files that are missing there, or are not what they should be."""
    return [
        name
        for name, (digest, _) in wanted(listing).items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    ]


def fetch(listing: Path, folder: Path) -> None:
    """Let Maven copy every file into a folder; each is named outright, so that it chooses no version."""
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
        for _, (group, artifact, version) in wanted(listing).values()
    )
    project = (
        "<project><modelVersion>4.0.0</modelVersion><groupId>beffroi</groupId><artifactId>jars</artifactId>"
        f"<version>1</version><packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>"
    )
    (folder / "pom.xml").write_text(project, encoding="utf-8")
    subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
        cwd=folder,
        check=True,
    )


def bring(listing: Path, target: Path) -> None:
    """Fetch what is not there yet; nothing when everything is. Files that are listed no more are taken away."""
    if wrong(listing, target):
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as draft:
            folder = Path(draft)
            try:
                fetch(listing, folder)
            except (OSError, subprocess.CalledProcessError) as error:
                sys.exit(f"{target.name}: Maven could not fetch what {listing.name} lists: {error}")
            if bad := wrong(listing, folder):
                sys.exit(f"{target.name}: not the files that {listing.name} lists: {', '.join(bad)}")
            target.mkdir(exist_ok=True)
            for name in wanted(listing):
                (folder / name).replace(target / name)
    for extra in {path.name for path in target.iterdir()} - set(wanted(listing)):
        path = target / extra
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Bring everything that was named; with --there only say, by the exit code, whether all of it is there."""
    names = [name for name in sys.argv[1:] if name != "--there"]
    for name in names:
        listing, target = ROOT / "scripts" / f"{name}.sha256", ROOT / ".cache" / name
        if "--there" not in sys.argv:
            bring(listing, target)
        elif wrong(listing, target):
            sys.exit(1)


if __name__ == "__main__":
    main()
