"""What the house stands on: the ledger, the database, keys, identity, settings and the clock.
Imports the domain only; whoever needs something from here is handed it by services/wiring.py."""
