"""Which kind of transaction moves what: the posting rules, as a table.

One row for each kind of transaction of sections 1.3, 1.6 and 5.1 of the reference on vending, also for those
that move nothing, with the reason. ``postings`` makes transfers of it.

Codes of NRS 009-3 (000 sale, 003 replacement and transfer, 005 free issue, 010 free basic units) are those
that the reference names; others are not known to us and stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.ledger.rule import Rule
from voltoken.ledger.selling import SELLING
from voltoken.ledger.settling import SETTLING

_STILL: Final = {
    "confirm_customer": Rule("Confirm customer", "It only looks."),
    "confirm_meter": Rule("Confirm meter", "It only looks."),
    "trial_vend": Rule("Trial vend", "It says what a sale would give, and has no effect at all."),
    "engineering_token": Rule(
        "Meter-specific engineering", "Its token carries no units that anybody bought."
    ),
    "test_token": Rule("Non-meter-specific", "Its token only shows or tests something."),
    "key_change": Rule("Update meter key", "Its tokens carry a key; credit stays as it is."),
    "reprint": Rule("Reprint", "The same token is shown again; a second sale would be a second transfer."),
    "advice": Rule("Advice", "It tells what became of a sale that is in the books already."),
    "verify_token": Rule("Verify token", "It only looks."),
    "batch_totals": Rule("Batch start/total", "Totals are read from the books."),
    "vendor_statement": Rule("Vendor statement", "It is read from the books."),
    "fault_report": Rule("Fault report", "It is a message."),
}

RULES: Final[Mapping[str, Rule]] = {**SELLING, **SETTLING, **_STILL}
"""The posting rules by kind; the kind is that of the transfer."""
