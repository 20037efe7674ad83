"""Office hours (permanences): the insurer's adviser receives residents in the town, on a day announced to them.

| command | event | refusal |
|---|---|---|
| plan | office_hour.planned | convention-not-confirmed, hours-inverted |
| hold | office_hour.held | already-held, already-cancelled, not-yet-held, counts-contradict |
| cancel | office_hour.cancelled | already-held |
| fall_due | office_hour.fell_due | |
"""
