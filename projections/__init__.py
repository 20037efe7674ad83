"""The views that exist, in the order in which a projector serves them.

Each is a folder: its tables and handlers are private to it, its `queries` are what services use.
"""

from collections.abc import Mapping
from typing import Final

from projections.access.view import VIEW as ACCESS
from projections.compliance.view import VIEW as COMPLIANCE
from projections.crm.view import VIEW as CRM
from projections.engine.view import View
from projections.oversight.view import VIEW as OVERSIGHT
from projections.tariffs.view import VIEW as TARIFFS

VIEWS: Final[Mapping[str, View]] = {view.name: view for view in (ACCESS, OVERSIGHT, TARIFFS, COMPLIANCE, CRM)}
