"""Communes: published figures about a town's scheme, each with its source.

| command | event | refusal |
|---|---|---|
| cite | figure.cited | source-missing |
"""
