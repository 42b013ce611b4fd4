"""``voltoken sm``: security modules, from the first key to the check of the log."""

from __future__ import annotations

from typing import Final

from voltoken.cli.commands import Group, Lazy, imported

_COMMANDS: Final = {
    "init": ("init", "Make a module in a new folder."),
    "client": ("client", "Add a client, or renew its certificate."),
    "serve": ("serve", "Serve a module to clients over TLS."),
    "unseal": ("keeper", "Offer a share, passphrase or PIN to a served module."),
    "seal": ("keeper", "Make a served module forget all keys at once."),
    "status": ("keeper", "Show how a served module is."),
    "keys": ("keys", "List, load and delete keys."),
    "identity": ("centres", "Show who a module is, for a key management centre."),
    "trust": ("centres", "Show or set which centres a module trusts."),
    "prove": ("centres", "Answer a centre's challenge."),
    "request": ("keyfiles", "Ask a centre for keys."),
    "load": ("keyfiles", "Load a key file."),
    "describe": ("keyfiles", "Show what a key file says, without any key."),
    "approve": ("keeper", "Approve, once, what a rule about recoveries forbids."),
    "zeroise": ("keeper", "Destroy all keys of a module for good."),
    "audit": ("audit", "Check and export the log of a module."),
    "issue": ("issue", "Have a token made by a module, over TLS."),
    "change-key": ("change_key", "Have a meter brought to another key, by a module over TLS."),
}

sm = Group(
    "sm",
    lazy={
        name: Lazy(line, imported(f"voltoken.cli.sm.{module}", name.replace("-", "_")))
        for name, (module, line) in _COMMANDS.items()
    },
    help="Security modules: make, unseal and serve them, load keys, check their log.\n\n"
    "A module lives in a folder of its own, which nobody but its user can read. It starts sealed. This is "
    "software for tests and pilots; it is not an STS-certified module.",
    epilog="voltoken sm init pilot --shares 2/3 --client till:123457\n"
    "voltoken sm serve pilot\n"
    "voltoken sm unseal pilot --with prompt",
)
