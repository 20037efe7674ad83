"""How a mail is written: one template gives the subject, the plain text and the HTML, so that they cannot differ.

A template writes its subject on the first line, then blocks separated by empty lines:

| a block whose lines begin with | becomes |
|---|---|
| nothing | a paragraph |
| `= label : value` | rows of label and value |
| `« ` | a quoted clause |
| `> words | path` | the link of the mail |
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.web.typography import FILTERS, FrenchText, fr, long_day

_TEMPLATES: Final = Path(__file__).parent / "templates"
_TAG: Final = re.compile(r"<[^>]+>")
_WIDTH: Final = 76
_LONGEST: Final = 600
_FICTITIOUS: Final = fr("Cette convention et ces prix sont fictifs : ils servent d'exemple.")
_CHANNELS: Final = {
    "registered_letter": "par lettre recommandée",
    "hand_delivery": "en main propre",
    "email": "par courrier électronique",
    "other": "par un autre moyen",
}
_REASONS: Final = {
    "COMMITMENT_BROKEN": "engagement rompu",
    "DISSATISFACTION": "insatisfaction",
    "NEEDS_CHANGED": "besoins de la commune changés",
    "NOT_RENEWED": "convention non renouvelée",
    "OTHER": "autre motif",
}

Kind = Literal["text", "rows", "clause", "link"]


class Block(msgspec.Struct, frozen=True):
    """A part of a mail; `lines` are pairs, the second empty where only one thing is said."""

    kind: Kind
    lines: Sequence[tuple[str, str]]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in both of its forms."""

    subject: str
    text: str
    html: str


def in_full(value: date) -> str:
    """`mardi 24 novembre 2026`, without markup."""
    return _TAG.sub("", str(long_day(value)))


def one_line(text: str) -> str:
    """What somebody wrote, on one line: a line of a template begins as the template says."""
    return " ".join(text.split())


def shortened(text: str, longest: int = _LONGEST) -> str:
    """The beginning of what somebody wrote, cut between words; the page holds the rest."""
    line = one_line(text)
    return line if len(line) <= longest else line[:longest].rpartition(" ")[0] + " […]"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 (plain text: what becomes HTML is escaped where it does)
        undefined=StrictUndefined,
        extensions=[FrenchText],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.filters.update(in_full=in_full, one_line=one_line, shortened=shortened)
    made.globals.update(channels=_CHANNELS, reasons=_REASONS)
    return made


_ENVIRONMENT: Final = _environment()


def write(
    template: str, site: str, footer: Sequence[tuple[str, str]], *, fictitious: bool = False, **facts: Any
) -> Written:
    """Write a mail. `site` begins the addresses of links, `footer` are words and addresses below it."""
    rendered = _ENVIRONMENT.get_template(f"{template}.jinja").render(**facts).strip()
    subject, _, rest = rendered.partition("\n")
    blocks = [_block(part, site) for part in re.split(r"\n\s*\n", rest) if part.strip()]
    if fictitious:
        blocks.append(Block("text", [(_FICTITIOUS, "")]))
    subject = fr(" ".join(subject.split(" ")))
    return Written(subject=subject, text=_text(blocks, footer), html=_html(subject, blocks, footer))


def _block(part: str, site: str) -> Block:
    lines = [" ".join(line.split(" ")).strip() for line in part.strip().splitlines() if line.strip()]
    first = lines[0]
    if first.startswith("= "):
        return Block("rows", [_pair(line.removeprefix("= "), " : ") for line in lines])
    if first.startswith("> "):
        return Block("link", [(fr(words), site + path) for words, path in (_cut(line) for line in lines)])
    return Block("clause" if first.startswith("«") else "text", [(fr(" ".join(lines)), "")])


def _cut(line: str) -> tuple[str, str]:
    words, _, path = line.removeprefix("> ").rpartition("|")
    return words.strip(), path.strip()


def _pair(line: str, between: str) -> tuple[str, str]:
    # The typography of templates has set the space before the colon already.
    label, _, value = re.sub(r"[ \u00a0\u202f]:[ \u00a0]", between, line, count=1).partition(between)
    return fr(label.strip()), fr(value.strip())


def _text(blocks: Sequence[Block], footer: Sequence[tuple[str, str]]) -> str:
    parts = []
    for block in blocks:
        if block.kind == "rows":
            parts.append("\n".join(fr(f"- {label} : {value}") for label, value in block.lines))
        elif block.kind == "link":
            parts.append("\n".join(fr(f"{words} :") + f"\n{address}" for words, address in block.lines))
        else:
            parts.append("\n".join(_folded(block.lines[0][0], "  " if block.kind == "clause" else "")))
    signature = "\n".join(fr(f"{words} :") + f" {address}" for words, address in footer)
    return "\n\n".join(parts) + f"\n\n-- \nBeffroi, le registre de la mutuelle communale\n{signature}\n"


def _folded(text: str, margin: str) -> Iterator[str]:
    """Lines of a paragraph; only plain spaces may end one."""
    line = margin
    for word in text.split(" "):
        if len(line) + len(word) > _WIDTH and line.strip():
            yield line.rstrip(" ")
            line = margin
        line += f"{word} "
    yield line.rstrip(" ")


# Mail programs know no style sheets worth relying on: each element carries its own, with the colours of tokens.css.
_INK, _SOFT, _LINK, _RULE, _GROUND, _ACTION = "#15232d", "#465864", "#0b5073", "#c6d0d6", "#f1f4f5", "#1d4258"
_SANS: Final = "font-family:'Source Sans 3','Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_SERIF: Final = "font-family:'Source Serif 4',Charter,Georgia,'Times New Roman',serif"
_SHEET: Final = f"max-width:600px;margin:0 auto;padding:24px;background:#ffffff;border-top:4px solid {_INK}"
_BODY: Final = f"{_SANS};font-size:17px;line-height:1.5;color:{_INK}"


def _html(subject: str, blocks: Sequence[Block], footer: Sequence[tuple[str, str]]) -> str:
    inner = "\n".join(_HTML[block.kind](block) for block in blocks)
    below = " · ".join(
        f'<a href="{escape(address)}" style="color:{_LINK}">{escape(words)}</a>' for words, address in footer
    )
    return f"""<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(subject)}</title></head>
<body style="margin:0;padding:24px 12px;background:{_GROUND};{_BODY}">
<div role="article" lang="fr" style="{_SHEET}">
<h1 style="{_SERIF};font-size:24px;line-height:1.25;font-weight:600;margin:0 0 16px">{escape(subject)}</h1>
{inner}
<p style="margin:32px 0 0;padding-top:12px;border-top:1px solid {_RULE};font-size:14px;color:{_SOFT}">
Beffroi, le registre de la mutuelle communale<br>{below}</p>
</div>
</body>
</html>
"""


def _paragraph(block: Block) -> str:
    return f'<p style="margin:0 0 16px">{escape(block.lines[0][0])}</p>'


def _clause(block: Block) -> str:
    style = f"margin:0 0 16px;padding:4px 0 4px 16px;border-left:4px solid {_RULE};{_SERIF};font-size:18px"
    return f'<blockquote style="{style}">{escape(block.lines[0][0])}</blockquote>'


def _rows(block: Block) -> str:
    cell = f"padding:6px 0;border-top:1px solid {_RULE};vertical-align:top"
    rows = "\n".join(
        f'<tr><th scope="row" style="{cell};padding-right:16px;text-align:left;font-weight:400;color:{_SOFT}">'
        f'{escape(label)}</th><td style="{cell};font-weight:600">{escape(value)}</td></tr>'
        for label, value in block.lines
    )
    return f'<table style="width:100%;border-collapse:collapse;margin:0 0 16px;{_BODY}">\n{rows}\n</table>'


def _links(block: Block) -> str:
    style = f"display:inline-block;padding:10px 18px;background:{_ACTION};color:#ffffff;border-radius:3px"
    return "\n".join(
        f'<p style="margin:8px 0 16px"><a href="{escape(address)}" style="{style};text-decoration:none">'
        f"{escape(words)}</a></p>"
        for words, address in block.lines
    )


_HTML: Final = {"text": _paragraph, "clause": _clause, "rows": _rows, "link": _links}
