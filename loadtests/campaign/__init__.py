"""A launch morning on the whole product: requests at a fixed rate, what they cost, and what the ledger says afterwards.

`python -m loadtests.campaign --help` says what may be asked for; ../README.md what is sent and why.
"""
