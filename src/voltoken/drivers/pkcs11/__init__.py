"""Keys that stay inside a PKCS#11 token: 160-bit vending keys, and the key that seals the rest.

A generic token derives decoder keys by DKGA04, whose HMAC runs inside it, and wraps secrets with an AES key
that it made itself. It knows no token cipher, and it cannot guard a 64-bit vending key: one decoder key and
one DES encryption under the vending key give the vending key away.

SoftHSM is a file under a PIN: good for tests, no protection. Nothing here is an STS-certified module.
Needs the extra ``pkcs11``; without it the import raises MissingExtra, which says what to install.
"""

from voltoken.errors import MissingExtra

try:
    from voltoken.drivers.pkcs11.late import LockedVault, token_provider
    from voltoken.drivers.pkcs11.selftest import Check
    from voltoken.drivers.pkcs11.token import Pkcs11Token
    from voltoken.drivers.pkcs11.vault import Pkcs11Vault
    from voltoken.drivers.pkcs11.wrapping import Pkcs11Wrapping
except ModuleNotFoundError as error:
    if error.name != "pkcs11":
        raise
    raise MissingExtra("PKCS#11 tokens", "python-pkcs11", "pkcs11") from error

__all__ = ["Check", "LockedVault", "Pkcs11Token", "Pkcs11Vault", "Pkcs11Wrapping", "token_provider"]
