"""The head that a centre has signed last, for those who keep it elsewhere: no key is needed to read it."""

from __future__ import annotations

from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.file import readable
from voltoken.drivers.centre.reading import LAST_HEAD, Found, heads
from voltoken.drivers.journal import Checkpoint


def last_head(centre: Centre) -> Checkpoint:
    """Return the signed head that stands in the file: of the last line that was written unsealed.

    ``Centre.head`` signs the last line of all, which takes the keys. Raises CentreFileError.
    """
    with readable("The centre's file"):
        # Opening has refused a file without one.
        return next(heads(centre.store.connection, Found(centre.state), LAST_HEAD))
