"""Request ids as message ids, and the second id that a lost request is made again under.

The interface takes letters, digits, dots, hyphens and underscores. Our ids end in a colon and a line, and
the colon becomes a dot. An id without a line that already ends in a dot and a number would look the same as
another one, and is refused; so is a comma.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from voltoken.drivers.prism.checks import IDENT
from voltoken.errors import FieldError
from voltoken.security import REQUEST_ID_MAX, check_request_id

_LINE: Final = re.compile(r"\.[0-9]{1,4}\Z", re.ASCII)


def message_id(request_id: str) -> str:
    """Return the message id of a request. Raises FieldError for one that no message id can stand for."""
    check_request_id(request_id)
    name, colon, line = request_id.partition(":")
    made = f"{name}.{line}" if colon else name
    if not IDENT.test(made) or (not colon and _LINE.search(name)):
        raise FieldError(
            "request_id",
            request_id,
            "<vend id>:<line> without commas, or an id that does not end in a dot and a line number",
        )
    return made


def second_id(request_id: str) -> str:
    """Return the id under which a request that was proven lost is made once more.

    It follows from the first, so that the token is found again after a crash, and is as long as ids may be.
    """
    return "R" + hashlib.sha256(request_id.encode()).hexdigest()[: REQUEST_ID_MAX - 1]
