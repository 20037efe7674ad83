"""The demo: real towns with what was published about them, and an invented life that is marked as such.

`seed` records it through the real commands; `DEMO_ACCOUNTS` and `DEMO_PASSWORD` are who may sign in.
"""

from services.demo.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount
from services.demo.seeding import Tell, seed

__all__ = ["DEMO_ACCOUNTS", "DEMO_PASSWORD", "DemoAccount", "Tell", "seed"]
