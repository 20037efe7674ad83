"""The operator's pages: conventions that wait for a town without an account, and how the system stands."""

from services.web.operator import conventions, status
from services.web.operator.blueprint import blueprint

__all__ = ["blueprint", "conventions", "status"]
