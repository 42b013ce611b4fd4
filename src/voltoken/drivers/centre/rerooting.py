"""Keeping the same root key another way: new shares when a holder leaves, or another provider."""

from __future__ import annotations

from voltoken import canonical
from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.lines import ROOT_CHANGED, hash_of
from voltoken.drivers.centre.store import Beside
from voltoken.drivers.custody import RootProvider
from voltoken.kmc import Event


def replace_root(centre: Centre, provider: RootProvider, *, by: str) -> tuple[str, ...]:
    """Keep the root key of an unsealed centre another way from now on, and return the new shares.

    by: whose doing it is, for the log. The old shares or passphrase open this file no more; backups made
    before, and copies of the old file, they still open.
    Raises CentreSealed, CentreFileError, and what the provider raises.
    """
    created = provider.create(centre.strongroom.root)
    record = canonical.write(created.record)
    told = {"root": hash_of(record), "provider": created.record["provider"], "by": by}
    centre.write([Event(ROOT_CHANGED, told, alarm=True)], centre.now(), Beside(meta={"root": record}))
    return created.shares
