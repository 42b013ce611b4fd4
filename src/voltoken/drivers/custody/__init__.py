"""The root key of a module: what hangs on it, and how it comes back when the module is unsealed."""

from voltoken.drivers.custody.roots import (
    Argon2Cost,
    Created,
    PassphraseProvider,
    Progress,
    RootProvider,
    SharesProvider,
    TokenOpener,
    TokenProvider,
    Unsealing,
    WrappingToken,
    unsealer,
)
from voltoken.drivers.custody.sealing import Guarded, Purpose, RootKey, Sealer, check_module_id, same

__all__ = [
    "Argon2Cost",
    "Created",
    "Guarded",
    "PassphraseProvider",
    "Progress",
    "Purpose",
    "RootKey",
    "RootProvider",
    "Sealer",
    "SharesProvider",
    "TokenOpener",
    "TokenProvider",
    "Unsealing",
    "WrappingToken",
    "check_module_id",
    "same",
    "unsealer",
]
