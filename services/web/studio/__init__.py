"""The tariff studio behind its pages: a draft as it is typed and saved, its trial in one town, and in many.

| module | holds |
|---|---|
| `draft` | a prepared grid and the form it is typed in |
| `trial` | what one town's check says of it, price by price |
| `towns` | the insurer's towns, the check in many of them, and telling them |
"""
