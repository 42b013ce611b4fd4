"""Price a purchase: by the money that is tendered, or by the units that are wanted.

Forward: what is due is taken from the tender, and the rest walks through the blocks. Backward: the tender
is looked for that buys the units, so both always agree. How many units a tender buys is exact arithmetic;
only lines are rounded, and a line of its own closes them to the tender (section 4.2 of the vending notes).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from voltoken.errors import FieldError, PurchaseRefused
from voltoken.sts import UNITS, UnitGrid
from voltoken.tariff.choosing import Choice, choose
from voltoken.tariff.document import Tariff
from voltoken.tariff.dues import demands, unpaid
from voltoken.tariff.entitlements import free_units
from voltoken.tariff.limits import check_amount, check_in_force, check_units, shown
from voltoken.tariff.plan import Plan
from voltoken.tariff.planning import plan_for
from voltoken.tariff.purchase import Purchase
from voltoken.tariff.quote import Context, Exact, Quote, exact
from voltoken.tariff.words import Counts, Remainder

PLANS_MAX: Final = 1024
"""How many plans ``Prices`` keeps."""

TENDER_MAX: Final = 10**18
"""The greatest tender, in coins."""


class Prices:
    """A tariff that is ready to price purchases. It keeps plans already made; drop it to forget them.

    tariff: the version in force. grid: the amounts that tokens carry: ``UNITS``, or ``CURRENCY`` where the
    meter collects the price of energy.
    """

    def __init__(self, tariff: Tariff, grid: UnitGrid = UNITS) -> None:
        self.tariff = tariff
        self.grid = grid
        self._plans: dict[Choice, Plan] = {}

    def plan(self, context: Context) -> Plan:
        """Return the plan for a purchase. Raises PurchaseRefused when the tariff has none."""
        choice = choose(self.tariff, context)
        plan = self._plans.get(choice)
        if plan is None:
            plan = plan_for(self.tariff, choice, self.grid)
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            self._plans[choice] = plan
        return plan

    def quote(self, tender: int, context: Context) -> Quote:
        """Price a purchase for money.

        tender: coins, 0 to 10**18; 0 is a claim of free units alone.
        Raises PurchaseRefused when the tariff or its limits do not allow it, FieldError for a tender that
        is none.
        """
        if tender.__class__ is not int or not 0 <= tender <= TENDER_MAX:
            raise FieldError("tender", tender, f"whole coins, 0 to {TENDER_MAX}")
        purchase = self._purchase(context)
        check_amount(self.tariff, context, tender, has_free=bool(purchase.free))
        if tender == 0:
            return purchase.as_claim().quote(0, [], 0)
        amounts = purchase.taken(tender)
        demand = unpaid(purchase.wanted, amounts)
        if demand is not None:
            rule, due = demand.due.rule, shown(self.tariff, -(-demand.exact // 1))
            raise PurchaseRefused(
                "charge_unpaid",
                f"{rule.name}, {due} in all, must be paid as a whole with this purchase. Tender more.",
                code=rule.code,
            )
        plan, money = purchase.plan, purchase.money(tender, amounts)
        count = purchase.sold(money)
        if count == 0 and money and not any(amounts) and not purchase.free:
            raise PurchaseRefused(
                "too_small",
                f"{shown(self.tariff, tender)} buys less than one step of {purchase.unit}. Tender more.",
            )
        check_units(self.tariff, plan, context, self.grid, count)
        return purchase.quote(tender, amounts, count)

    def quote_units(self, units: Exact, context: Context) -> Quote:
        """Price a purchase of units: the same quote as for the tender that buys them.

        units: above zero, a multiple of what the tariff and the token allow.
        Where coins are so coarse that no tender buys exactly these units, the least that buys as many is
        asked, and the line that closes the quote says how much that is too much.
        Raises PurchaseRefused as ``quote`` does, and for units that cannot be sold (``units_step``).
        """
        purchase = self._purchase(context)
        plan = purchase.plan
        count = exact("units", units) * plan.unit_den
        if count <= 0 or count % plan.step:
            step = self.grid.units(plan.step * 10**self.grid.decimals // plan.unit_den)
            raise PurchaseRefused("units_step", f"Units are sold in multiples of {step} {purchase.unit}.")
        whole = int(count)
        check_units(self.tariff, plan, context, self.grid, whole)
        keeps = self.tariff.money.remainder is Remainder.ROUNDING
        if context.carried > 0 and keeps and purchase.bought(1) > whole:
            raise PurchaseRefused(
                "carried_more",
                f"{shown(self.tariff, context.carried)} were carried over and buy more than that.",
            )
        tender = _tender_for(purchase, whole)
        check_amount(self.tariff, context, tender, has_free=False)
        return purchase.quote(tender, purchase.taken(tender), whole)

    def _purchase(self, context: Context) -> Purchase:
        check_in_force(self.tariff, context)
        plan = self.plan(context)
        free = free_units(self.tariff, context, self.grid)
        counts = self.tariff.period.counts
        position = Fraction(0)
        if Counts.BOUGHT in counts:
            position += Fraction(context.used)
        if Counts.FREE in counts:
            position += Fraction(context.free_used) + sum(Fraction(given.units) for given in free)
        plan = plan.finer(position.denominator)
        return Purchase(
            self.tariff,
            self.grid,
            context,
            plan,
            demands(self.tariff, plan, context),
            free,
            int(position * plan.unit_den),
            context.carried,
        )


def _tender_for(purchase: Purchase, count: int) -> int:
    """Return the tender that buys count units (in 1/unit_den).

    It is what the lines of these units come to, unless their rounding would buy one step more or less.
    """
    cost = purchase.plan.cost(purchase.position, count)
    due = sum((demand.exact for demand in purchase.wanted), Fraction(0))
    guess = max(1, -int(-(cost + due) // 1) - purchase.carried)
    paid = _least(lambda tender: purchase.left(tender) >= cost, guess)
    lines = purchase.lines(purchase.taken(paid), purchase.parts(count))
    total = max(1, sum(line.amount for line in lines))
    if purchase.bought(total) == count:
        return total
    least = _least(lambda tender: purchase.bought(tender) >= count, paid)
    most = _least(lambda tender: purchase.bought(tender) > count, paid + 1) - 1
    return max(least, min(total, most))


def _least(reaches: Callable[[int], bool], guess: int) -> int:
    """Return the least tender, 1 or more, for which reaches is true, looking outward from a guess."""
    low = high = guess
    stride = 1
    if reaches(guess):
        while low > 0 and reaches(low):
            high, low = low, low - stride
            stride *= 2
    else:
        while not reaches(high):
            if high > TENDER_MAX:
                raise PurchaseRefused(
                    "unreachable", "What is due takes every tender; no units can be bought."
                )
            low, high = high, high + stride
            stride *= 2
    low = max(low, 0)
    while high - low > 1:
        middle = (low + high) // 2
        if reaches(middle):
            high = middle
        else:
            low = middle
    return high


def price(
    tariff: Tariff,
    context: Context,
    *,
    tender: int | None = None,
    units: Exact | None = None,
    grid: UnitGrid = UNITS,
) -> Quote:
    """Price one purchase, by tender (coins) or by units. Raises as ``Prices.quote`` and ``quote_units`` do.

    For many purchases keep a ``Prices``: making its plans takes longer than pricing with them.
    """
    prices = Prices(tariff, grid)
    if units is None and tender is not None:
        return prices.quote(tender, context)
    if tender is None and units is not None:
        return prices.quote_units(units, context)
    raise FieldError("purchase", "both or neither", "either a tender or units")
