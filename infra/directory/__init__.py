"""The communes of France: who they are, what they were called before, and how people look for them.

| file | holds |
|---|---|
| `records` | the shapes that everything here passes around |
| `source` | reading and checking the published data |
| `naming` | under which words and keys a name is found |
| `load` | replacing the tables by one vintage |
| `search` | from what somebody typed to communes |
"""
