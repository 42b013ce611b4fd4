"""Who a centre is to others, signed by all of its signing keys: what modules and other centres take in."""

from __future__ import annotations

from voltoken.drivers.centre.centre import Centre
from voltoken.kmc import identity_file, signing_keys, signing_secret
from voltoken.security.keyload import signing_with


def write_identity(centre: Centre) -> tuple[str, bytes]:
    """Return the name and the content of the identity file of an unsealed centre.

    Raises ActRefused when it has no signing key yet, and CentreSealed.
    """
    now = centre.now()
    signs = {
        key.kid: signing_with(centre.secret(signing_secret(key.kid)))
        for key in signing_keys(centre.state, now)
    }
    return identity_file(centre.state, now, signs)
