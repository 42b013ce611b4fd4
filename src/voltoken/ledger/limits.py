"""Limits as invariants: what a transfer may not do to an account, whatever becomes of what is pending."""

from __future__ import annotations

from voltoken.errors import TransferRefused
from voltoken.ledger.accounts import Account, Balance, Limit
from voltoken.ledger.transfers import Transfer


def check_limit(transfer: Transfer, account: Account, limit: Limit, amount: int, balance: Balance) -> None:
    """Refuse what takes an account beyond its limit, not what brings it back towards it.

    amount: that the transfer moves on this account, a debit positive. balance: the totals after it.
    Raises TransferRefused: limit; its detail ``over`` is by how much, in the smallest coin.
    """
    growing = account.own(amount) > 0
    if growing and limit.at_most is not None and (high := account.highest(balance)) > limit.at_most:
        over = high - limit.at_most
        rule = (
            f"may hold at most {account.shown(limit.at_most)}, and would come to {account.shown(high)} "
            "with what is pending; let it be handed over or paid out first"
        )
    elif not growing and limit.at_least is not None and (low := account.lowest(balance)) < limit.at_least:
        over = limit.at_least - low
        rule = (
            f"must keep at least {account.shown(limit.at_least)}, and would come to {account.shown(low)} "
            "with what is pending; let it be paid in first"
        )
    else:
        return
    raise TransferRefused(
        "limit",
        f"Transfer {transfer.id}: {account.code} {rule}.",
        id=transfer.id,
        account=account.code,
        over=over,
    )
