"""Membership: who joined a town's scheme, at which price and under which grid; and the figures others may see.

| command | event | refusal |
|---|---|---|
| join | member.joined | convention-not-confirmed, convention-over, no-grid-in-force, outside-convention |
| | | birth-date-wrong, no-cell, number-taken |
| leave | member.left | left-already, left-before-joining |
| publish | figures.published | |
"""
