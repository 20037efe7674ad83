"""Long-running processes: they follow the ledger and keep views, judgements and the calendar."""
