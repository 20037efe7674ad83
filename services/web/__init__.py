"""The pages, in French: for insurers, towns, groupings and operators, on one layout and one design.

| module | holds |
|---|---|
| `render`, `desk` | a page from a template; what a handler has at hand |
| `typography`, `words`, `refusals`, `errors` | French: spaces, dates, words for codes, sentences, pages of failures |
| `forms`, `uploads`, `sheets`, `paste`, `profiles`, `exports` | what people type, send, paste and take away |
| `listing`, `deadlines` | lists whose address is the question; what is due and when |
| `standing`, `partnership`, `grids`, `charts` | what pages show: pure, from rows of views |
| `sight`, `links`, `town_pages`, `town_facts`, `town_words` | a town as it, a grouping and an operator see it |
| `register`, `judged`, `price_history`, `price_chart` | commitments on any day; a price with its caps |
| `case_file` and `case_…`, `exemptions`, `changes` | a case, an exemption, an amendment, told from its rows |
| `insurer/`, `town/`, `grouping/`, `operator/`, `post/` | the handlers, with `templates/` of the same names |
"""

from datetime import timedelta
from typing import Final

from flask import Flask
from flask_wtf.csrf import CSRFError, CSRFProtect

from services.access import SIGN_IN
from services.web import assets, contests, grouping, insurer, operator, post, session, town
from services.web.desk import forget_own_write, wait_for_own_write
from services.web.errors import form_expired, show
from services.web.uploads import make_room
from services.wiring import Parts

PROBLEM_PAGE: Final = "beffroi.problem_page"
"""Where the application finds what shows a problem to a person."""


def register(app: Flask, _: Parts) -> None:
    """Add the pages to the application; the API has no forms and is left alone."""
    app.config.update(
        {
            SIGN_IN: "session.sign_in",
            "SESSION_COOKIE_NAME": "beffroi_form",
            "SESSION_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_CHECK_DEFAULT": False,
            "WTF_CSRF_TIME_LIMIT": int(timedelta(hours=12).total_seconds()),
        }
    )
    protection = CSRFProtect(app)  # type: ignore[no-untyped-call] # the library is annotated in part
    for blueprint in (
        session.blueprint, insurer.blueprint, town.blueprint, grouping.blueprint, operator.blueprint,
        contests.blueprint, post.blueprint,
    ):  # fmt: skip
        # Kept with the application, not with the blueprint: a process may make several applications.
        app.before_request_funcs[blueprint.name] += [make_room, protection.protect, wait_for_own_write]
        app.after_request_funcs[blueprint.name].append(forget_own_write)
        app.register_blueprint(blueprint)
    app.register_blueprint(assets.blueprint)
    app.register_blueprint(post.open_blueprint)
    app.register_error_handler(CSRFError, form_expired)
    app.extensions[PROBLEM_PAGE] = show
