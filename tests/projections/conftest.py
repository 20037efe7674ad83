"""Properties are proved on machines that others use too: they have no deadline."""

from hypothesis import settings

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
