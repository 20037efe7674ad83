"""What a version of the check once found, it finds for ever, a single word of a reason included.

The files are the examples that are published; whoever changes one sees that the judgement of it is another one.
"""

from pathlib import Path
from typing import Final

import pytest

from domain.tariffs.assess import VERSIONS, findings_digest, read_scenario

EXAMPLES = Path(__file__).parents[3] / "docs" / "commitments" / "examples"

FOUND: Final = {
    "price-freeze": "4a7f7bb22be6fb4265f0b8f71a4835b388424c2d42070f88500a25964e52f4ad",
    "annual-cap-fixed": "36548826b26a348dda0d27e83bde25d7d59d7e32f77d60e70e21984bde2606ac",
    "annual-cap-indexed": "3cd8fa0cc97f388fd3809b666d266dc9a15ac51e7b70be17c4ec07310314a445",
    "cumulative-cap": "65540e569781ca3a162c8b7b8148257cfdca2d5240b66fb88729b878e2b83f9b",
    "min-discount": "9df70623ef7ff07555d8474e40f4077691b6a72b89bcb9909e6dc4325a5a3628",
    "weighted-average-cap": "680ce535f0ea6c6fe5172c7cf1680d64b4e2544d08fd9e0ab6e8e1ee7502f67a",
    "age-structure": "acd3b5fddd419cebd10080ea087bc762684846452f57803535e8c77d817f6da2",
    "ageing-cap": "9ab89a904a81258673ee44c51dbdfab66093cd20cdc86279da2c95ffcbc092eb",
    "family-benefit": "2754190fbb01fa6674c5c02b7891bd428f6c3e9861b4c099593ae1c83fcb1c4f",
    "category-discount": "976f61a1ee878bbd73fcc3b36ce2032c2e05f024300193b38409191216a9e387",
    "notice": "f72f0b318325689256628b6c609d04ee699c883530daf9730ddcdd14777e227e",
    "change-window": "86e2a39cdcbe747935c0c48355cc697ca8827dd36958952408887b9853676bcd",
    "uniform-increase": "586b1f4dc78dc8b6cb064f6ff8965a1ad87da6fb2913931d091146aa440bab84",
    "statutory-freeze": "628eb8e8be69a7dacaf734a0a9666cb35c3a6686313f8a06c0c695de2014b8d9",
    "no-fee": "77ddd6b882ee3199e30760ffa1b7d558a3bb8e2cf7703d22d5373b5eeb71a1ee",
    "no-waiting-period": "9c748d93ad8d142b770345352ff3ab11261c0a0880e91050b0037ea5f3a7b194",
}
"""The digest of what version 2 finds in each example."""


@pytest.mark.parametrize("name", FOUND)
def test_version_2_finds_in_an_example_what_it_always_found(name: str) -> None:
    findings = VERSIONS[2](read_scenario((EXAMPLES / f"{name}.json").read_bytes()))
    assert findings_digest(findings) == FOUND[name]


def test_every_example_is_pinned() -> None:
    assert {path.stem for path in EXAMPLES.iterdir()} == FOUND.keys()
