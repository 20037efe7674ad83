"""The description of the API (OpenAPI 3.1), a page to read it by, and a page for each code of problem.

What every operation shares (headers, problems, who may call) is added here, from the routes themselves.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from flask_smorest.spec.plugins import FlaskPlugin

from services.access import access_of, allow, routes
from services.asking import API, beside
from services.commands.perform import NotFoundError
from services.problems import CODES, REFUSALS
from services.schemas import fields

blueprint = Blueprint("docs", __name__)

PROBLEM_JSON: Final = "application/problem+json"
