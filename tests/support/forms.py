"""What a form on a page says already, exactly as a browser without a script would send it."""

from html.parser import HTMLParser

from werkzeug.test import TestResponse


def said_by(page: TestResponse) -> dict[str, str]:
    """The fields of the first form of a page's own that changes something, with their values; no file, no button."""
    reader = _Forms()
    reader.feed(page.get_data(as_text=True).partition("<main")[2])
    return next(form for form in reader.forms if "csrf_token" in form)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            # Without a choice a browser sends the first.
            if "selected" in said:
                self.forms[-1][self._select] = value
            else:
                self.forms[-1].setdefault(self._select, value)
        elif tag == "textarea":
            self._area = name
            self.forms[-1][name] = ""
        elif tag == "input" and (said.get("type") not in {"file", "checkbox", "radio"} or "checked" in said):
            self.forms[-1][name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][self._area] += data
