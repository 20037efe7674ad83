"""The insurer's customer file: its members in every town, searchable by name or number."""
