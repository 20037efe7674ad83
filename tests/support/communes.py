"""A package of three communes, in the shape of the real one, for the tests that break or replace it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.directory.source import PACKAGE

SMALL: Mapping[str, Any] = {
    "communes": [
        {
            "code": "01001",
            "nom": "Petit-Bourg",
            "departement": "01",
            "region": "84",
            "type": "commune-actuelle",
            "codesPostaux": ["01400"],
            "population": 860,
        },
        {
            "code": "01002",
            "nom": "Grand-Bourg",
            "departement": "01",
            "region": "84",
            "type": "commune-actuelle",
            "siren": "210100020",
            "codesPostaux": ["01400", "01500"],
            "population": 9000,
            "anciensCodes": ["01003", "01099"],
        },
        {"code": "2A001", "nom": "Île Vide", "departement": "2A", "region": "94", "type": "commune-actuelle"},
        {"code": "01002", "nom": "Bourg-le-Vieux", "type": "commune-deleguee", "chefLieu": "01002"},
        {"code": "01003", "nom": "Bourg-Neuf", "type": "commune-associee", "chefLieu": "01002"},
    ],
    "departements": [{"code": "01", "nom": "Ain"}, {"code": "2A", "nom": "Corse-du-Sud"}],
    "regions": [{"code": "84", "nom": "Auvergne-Rhône-Alpes"}, {"code": "94", "nom": "Corse"}],
    "epci": [
        {"code": "200000172", "nom": "CC des Bourgs", "membres": [{"code": "01001"}, {"code": "01002"}]}
    ],
}


def write_package(folder: Path, version: str = "6.1.0", **files: Any) -> Path:
    """Write the package below `folder`, some of its files replaced, and return the `node_modules` folder."""
    package = folder / "node_modules" / PACKAGE
    (package / "data").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": PACKAGE, "version": version}))
    (package / "README.md").write_text("| Année | Version |\n|---|---|\n| 2026  | 6.0.0   |\n")
    for name, content in {**SMALL, **files}.items():
        (package / "data" / f"{name}.json").write_text(json.dumps(content))
    return folder / "node_modules"
