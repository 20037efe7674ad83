"""The drawing of a page as SVG for paper: the same macro draws it, and the style sheet's colours become its own.

A PDF knows neither style sheet nor dark mode: each class becomes the attributes that it stands for in light.
"""

import re
from functools import cache
from typing import Final

from domain.money import NARROW_SPACE, SPACE
from services.web.assets import FOLDER
from services.web.charts import Measure
from services.web.render import ENVIRONMENT

_TOKEN: Final = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6})")
_CLASS: Final = re.compile(r' class="([a-z -]+)"')
_SVG: Final = re.compile(r"<svg.*</svg>", re.DOTALL)
_DESCRIPTION: Final = re.compile(r"<desc[^>]*>.*?</desc>", re.DOTALL)

# What beffroi.css says of the drawing's classes, for a program that reads no style sheet; a test compares the colours.
_STYLES: Final = {
    "axis": {"stroke": "rule", "stroke-width": "1"},
    "axis axis--strong": {"stroke": "rule-strong", "stroke-width": "1"},
    "line": {"fill": "none", "stroke": "ink", "stroke-width": "3"},
    "fill-ink": {"fill": "ink"},
    "fill-kept": {"fill": "kept"},
    "fill-broken": {"fill": "broken"},
    "strong": {"fill": "ink", "font-weight": "600"},
    "bad": {"fill": "broken", "font-weight": "600"},
}
_TEXT: Final = 'font-family="Source Sans 3" font-size="15"'


@cache
def tokens() -> dict[str, str]:
    """The colours of tokens.css in light, by name."""
    light = (FOLDER / "tokens.css").read_text(encoding="utf-8").partition("@media")[0]
    return dict(reversed(_TOKEN.findall(light)))


def measure_svg(picture: Measure) -> str:
    """The drawing of one price against its limit, complete in itself; its description is for the caller to say."""
    module = ENVIRONMENT.get_template("charts.jinja").module
    drawn = str(module.measure("mesure", "", picture))  # type: ignore[attr-defined] # a macro of the template
    found = _SVG.search(drawn)
    if found is None:
        raise LookupError("the macro drew no SVG")
    svg = _DESCRIPTION.sub("", found[0])
    svg = re.sub(r"<svg [^>]*>", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 148">', svg)
    svg = _CLASS.sub(_attributes, svg)
    svg = re.sub(r"<text(?![^>]* fill=)", f'<text fill="{tokens()["ink-soft"]}"', svg)
    # The fonts draw the thin space too thin, and a drawing has no other say in it.
    return svg.replace("<text", f"<text {_TEXT}").replace(NARROW_SPACE, SPACE)


def _attributes(found: re.Match[str]) -> str:
    style = _STYLES[found[1]]
    return "".join(f' {name}="{tokens().get(value, value)}"' for name, value in style.items())
