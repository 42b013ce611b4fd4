"""Security modules that touch the world: their keys at rest, their journal, hardware and the network.

What a module decides stands in ``voltoken.security`` and is pure; here is what it needs of a machine, one
package for each part, each with a door of its own:

    local      a module of this process: its folder, its one thread, its doors for clients and keepers
    journal    its file: sealed keys, counters, results, and the hash-chained log
    centre     a key management centre: its file, its secrets, backups
    custody    its root key, and how that is kept: passphrase, shares, hardware
    pkcs11     keys inside a hardware token
    prism      PrismToken over TLS: other people's modules for us, and ours for other people
    pool       several modules behind one port
"""

from voltoken.drivers.authority import Credential, Role, Validity, make_authority, make_certificate
from voltoken.drivers.hardening import Measure, harden, wipe
from voltoken.drivers.turns import Turns

__all__ = [
    "Credential",
    "Measure",
    "Role",
    "Turns",
    "Validity",
    "harden",
    "make_authority",
    "make_certificate",
    "wipe",
]
