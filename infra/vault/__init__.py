"""The vault: one key per person, wrapped by the master key; personal fields are sealed with it.

Destroying a person's key makes what was sealed unreadable, in the ledger and in every copy of it.
"""

from infra.vault.master import MasterKey, MasterKeyError, load_master_key
from infra.vault.vault import Opener, Vault

__all__ = ["MasterKey", "MasterKeyError", "Opener", "Vault", "load_master_key"]
