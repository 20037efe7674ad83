"""Copies what browsers load, and the fonts of letters, from node_modules into services/web/static/vendor/.
The pages ask nothing of any other server: fonts, htmx and the API's documentation are served by us."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "services" / "web" / "static" / "vendor"

FILES = {
    "source-sans-3.woff2": "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
    "source-serif-4-600.woff2": "@fontsource/source-serif-4/files/source-serif-4-latin-600-normal.woff2",
    # Letters are set by typst, which reads neither WOFF2 nor variable fonts.
    "letters/source-sans-3-400.ttf": "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf",
    "letters/source-sans-3-600.ttf": "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf",
    "letters/source-serif-4-600.ttf": "@expo-google-fonts/source-serif-4/600SemiBold/SourceSerif4_600SemiBold.ttf",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "licences/source-sans-3.txt": "@fontsource-variable/source-sans-3/LICENSE",
    "licences/source-serif-4.txt": "@fontsource/source-serif-4/LICENSE",
    "licences/letters-source-sans-3.txt": "@expo-google-fonts/source-sans-3/LICENSE_FONT",
    "licences/letters-source-serif-4.txt": "@expo-google-fonts/source-serif-4/LICENSE_FONT",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/swagger-ui.txt": "swagger-ui-dist/LICENSE",
    "licences/swagger-ui-notice.txt": "swagger-ui-dist/NOTICE",
    "licences/swagger-ui-bundle.txt": "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt",
}


def copy(source: Path = SOURCE, target: Path = TARGET) -> None:
    """Make `target` hold exactly FILES; FileNotFoundError when a package no longer ships one of them."""
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for name, origin in FILES.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / origin, draft / name)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


if __name__ == "__main__":
    copy()
