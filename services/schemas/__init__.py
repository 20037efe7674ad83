"""What comes in and goes out, described once: for the JSON of the API, the forms of pages, and OpenAPI.

| file | holds |
|---|---|
| `text` | what free text may not hold, wherever it comes from |
| `fields` | the kinds of values: a day, an amount in euros, a name |
| `faults` | what is wrong with an input: JSON path, stable code, words |
| `reading` | from JSON or a form to values, or all the faults at once |
| one file a context | the inputs of its commands and the answers about it |
"""
