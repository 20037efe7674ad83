"""Sets a letter and makes it a tagged PDF (PDF/UA-1) with our own fonts; nothing of the machine's is used.

The same case with the same parts gives the same bytes: its date is the letter's.
"""

import json
import re
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import typst

from domain.money import NARROW_SPACE, SPACE
from infra.clock import PARIS
from services.letters.drawing import measure_svg, tokens
from services.letters.facts import Case, Parts, lines, paragraphs
from services.web.assets import FOLDER
from services.web.typography import fr, long_day, plain_text

_LAYOUT: Final = Path(__file__).parent / "templates" / "formal_notice.typ"
_FONTS: Final = FOLDER / "vendor" / "letters"


def formal_notice(case: Case, parts: Parts) -> bytes:
    """The PDF of a formal notice."""
    picture = case.breach.picture
    facts = {
        "title": fr(parts.subject),
        "sender": [fr(line) for line in lines(parts.sender)],
        "recipient": [fr(line) for line in lines(parts.recipient)],
        "sending": fr(parts.sending),
        "dated": fr(f"{parts.place}, le ") + plain_text(long_day(case.sent_on, weekday=False)),
        "reference": f"{case.key[:12]}",
        "opening": [fr(text) for text in paragraphs(parts.opening)],
        "demand": [fr(text) for text in paragraphs(parts.demand)],
        "closing": [fr(text) for text in paragraphs(parts.closing)],
        "signatory": [fr(line) for line in lines(parts.signatory)],
        "clauses": [
            {"article": fr(article), "wording": fr(wording)}
            for article, wording in (
                (case.promised.article, case.promised.wording),
                (case.promised.termination_article, case.promised.termination_wording),
            )
            if article and wording
        ],
        "prices": [
            [fr(each.subject), each.before, each.limit, each.announced, each.excess, each.percent]
            for each in case.breach.prices
        ],
        "announced": "Appliqué" if case.breach.applied else "Annoncé",
        "over": case.breach.over,
        "proofs": [[each.on, fr(each.words), each.entry] for each in case.breach.proofs],
        "drawing": measure_svg(picture) if picture else None,
        "drawn": picture.conclusion if picture else None,
        "fictitious": case.fictitious,
        "ink": tokens()["ink"],
        "soft": tokens()["ink-soft"],
        "rule": tokens()["rule"],
        "broken": tokens()["broken"],
        "year": case.sent_on.year,
        "month": case.sent_on.month,
        "day": case.sent_on.day,
    }
    noon = datetime.combine(case.sent_on, time(12), PARIS).astimezone(UTC)
    return typst.compile(
        _LAYOUT,
        font_paths=[_FONTS],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"letter": _spaced(json.dumps(facts, ensure_ascii=False))},
        timestamp=int(noon.timestamp()),
    )


def _spaced(text: str) -> str:
    """With wider spaces between figures and their signs: the fonts draw the thin one at 0.12 em, which sticks."""
    return re.sub(f"{NARROW_SPACE}(?=[€%])", SPACE, text)
