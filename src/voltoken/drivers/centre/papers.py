"""The files that a centre has made for people, as it gives them once more."""

from __future__ import annotations

from collections.abc import Mapping

from voltoken.drivers.centre.lines import hash_of
from voltoken.drivers.centre.store import Store
from voltoken.errors import CentreFileError


def read_paper(store: Store, known: Mapping[str, str], name: str) -> bytes:
    """Return a file. known: SHA-256 by name, as the log has it.

    Raises CentreFileError when there is none of that name, or when it was changed.
    """
    row = store.row("SELECT content FROM papers WHERE name = ?", name)
    if row is None or name not in known:
        raise CentreFileError(f"This centre has made no file {name!r:.80}. List them: voltoken kmc papers")
    if not isinstance(row[0], bytes) or hash_of(row[0]) != known[name]:
        raise CentreFileError(f"The file {name} is not the one that was made: it was changed.")
    return row[0]
