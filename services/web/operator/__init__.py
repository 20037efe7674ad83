"""The operator's pages: conventions to confirm, every commune to read, indices to publish, how the system stands."""

from services.web.operator import conventions, indices, status, towns
from services.web.operator.blueprint import blueprint

__all__ = ["blueprint", "conventions", "indices", "status", "towns"]
