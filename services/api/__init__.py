"""The REST interface: schemas and thin handlers."""
