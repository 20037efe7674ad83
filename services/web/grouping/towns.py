"""One commune of a grouping: the town's own pages, to read."""

from services.web.grouping.blueprint import blueprint
from services.web.onlookers import look_on

look_on(blueprint, "grouping", "")
