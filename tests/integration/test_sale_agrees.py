"""One sale from price to books: quote, tokens, meter and ledger say the same.

1,700.1 kWh need two tokens: one alone would carry 1,700.4. Every room is the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.sessions import METER, VENDING_KEY, ask, write_key
from voltoken.ledger import (
    KWH,
    Book,
    Chart,
    Facts,
    MemoryStorage,
    PaidBy,
    accounts_for,
    facts_of_quote,
    transfer_for,
    trial_balance,
)
from voltoken.meter import PROFILES, Meter
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    MeterPAN,
    Service,
    TIDClock,
    TokenCipher,
    TransferCredit,
    VendingKey,
    decode,
    encode,
)
from voltoken.tariff import Context, Prices, Quote, Standing, load

TARIFFS = Path(__file__).resolve().parents[2] / "examples" / "tariffs"
UNITS = Decimal("1700.1")
NAMES = {"vendor": "V17", "tariff": "DOM", "customer": "C9"}


def decoder_key() -> DecoderKey:
    """Return the key of a meter with an empty memory, under a published vending key."""
    bytes_ = bytes.fromhex(VENDING_KEY)
    vending_key = VendingKey(bytes_, SGC("123457"), KRN(1), base_date=BaseDate.BD2014, test=True)
    return Deriver(vending_key, EA.MISTY1).derive(MeterPAN(METER), TI("01"))


def johannesburg() -> Quote:
    """Return a sale over three blocks, with months of the fixed charge behind it."""
    tariff = load((TARIFFS / "za-citypower-prepaid-high-2024-25.toml").read_bytes())
    at = datetime(2024, 8, 5, 10, tzinfo=ZoneInfo("Africa/Johannesburg"))
    standing = {"SERVICE": Standing(date(2024, 6, 1), 4321)}
    return Prices(tariff).quote_units(UNITS, Context(at, used=Decimal("123.4"), standing=standing))


def uganda() -> Quote:
    """Return a sale with arrears, of which it recovers a share."""
    tariff = load((TARIFFS / "ug-umeme-domestic-2022q2.toml").read_bytes())
    at = datetime(2022, 5, 5, 10, tzinfo=ZoneInfo("Africa/Kampala"))
    return Prices(tariff).quote_units(UNITS, Context(at, debts={"arrears": 10_000_000, "preloaded": 7}))


def nairobi() -> Quote:
    """Return a sale with seven levies, in a block of its own price."""
    tariff = load((TARIFFS / "ke-kplc-domestic-2017-12.toml").read_bytes())
    at = datetime(2017, 12, 31, 23, 59, tzinfo=ZoneInfo("Africa/Nairobi"))
    return Prices(tariff).quote_units(UNITS, Context(at))


SALES = pytest.mark.parametrize("sale", [johannesburg, uganda, nairobi], ids=lambda sale: sale.__name__)


@SALES
def test_the_tokens_carry_what_was_quoted_and_the_meter_books_it(sale: Callable[[], Quote]) -> None:
    quote = sale()
    assert quote.units == sum(quote.tokens) == UNITS
    assert len(quote.tokens) == 2
    now = datetime(2026, 3, 10, 18, tzinfo=UTC)
    clock, cipher = TIDClock(BaseDate.BD2014), TokenCipher(decoder_key())
    numbers = [
        encode(
            TransferCredit.of(
                Service.ELECTRICITY, part, tid=clock.tid_at(now + timedelta(minutes=minute)), rnd=minute
            ),
            cipher,
        )
        for minute, part in enumerate(quote.tokens)
    ]
    read = [decode(number.digits, cipher) for number in numbers]
    assert [token.units for token in read if isinstance(token, TransferCredit)] == list(quote.tokens)
    meter = Meter.new(MeterPAN(METER), decoder_key(), PROFILES["single-phase"], filled_with=0)
    for number in numbers:
        assert meter.enter(number, now).result.value == "Accept"
    assert meter.credit == 1_700_100


@SALES
def test_the_books_say_what_was_quoted(sale: Callable[[], Quote]) -> None:
    quote = sale()
    storage = MemoryStorage()
    book = Book(storage)
    day = quote.context.at.date()
    paid = Facts(currency=quote.currency, names=NAMES, paid_by=PaidBy.FLOAT, tender=quote.tender)
    lines = [(line.kind.value, line.code, line.amount) for line in quote.lines]
    assert sum(amount for _, _, amount in lines) == quote.tender
    facts = facts_of_quote(paid, lines, units=KWH.minor(quote.units))
    chart = Chart(quote.currency)
    book.open(*accounts_for("credit_vend", facts, chart))
    made = transfer_for(
        "credit_vend", facts, chart, new_id="V1", at=quote.context.at.astimezone(UTC), day=day, reference="r1"
    )
    book.record(made)
    rows = {row.account.code: row.debit - row.credit for row in trial_balance(storage, day).rows}
    assert rows["energy:sold:DOM"] == -rows["energy:issued"] == 17001
    assert rows["vendor:V17:float"] == quote.tender
    for row, line_codes in (("charge", "charges"), ("tax", "taxes"), ("levy", "levies")):
        for code, amount in getattr(facts, line_codes).items():
            assert rows[f"{row}:{code}"] == -amount
    for code, left in quote.debts.items():
        assert rows[f"debt:C9:{code}"] == left - quote.context.debts[code]
    money = sum(amount for code, amount in rows.items() if not code.startswith("energy:"))
    assert money == 0


def test_a_charge_that_was_billed_is_paid_off_by_the_sale_and_booked_once() -> None:
    quote = johannesburg()
    day, chart, book = quote.context.at.date(), Chart(quote.currency), Book(MemoryStorage())
    at = quote.context.at.astimezone(UTC)
    lines = [(line.kind.value, line.code, line.amount) for line in quote.lines]
    charge = sum(amount for kind, code, amount in lines if (kind, code) == ("charge", "SERVICE"))
    vat = next(line for line in quote.lines if line.kind.value == "tax")
    assert vat.rate is not None
    on_charge = round(vat.rate * charge)
    assert charge
    assert on_charge
    bill = Facts(
        currency=quote.currency,
        names={"customer": "C9"},
        dues={"SERVICE": charge + on_charge},
        charges={"SERVICE": charge},
        taxes={vat.code: on_charge},
    )
    paid = Facts(currency=quote.currency, names=NAMES, paid_by=PaidBy.FLOAT, tender=quote.tender)
    billed = {"SERVICE": {vat.code: on_charge}}
    sale = facts_of_quote(paid, lines, units=KWH.minor(quote.units), billed=billed)
    for new_id, kind, facts in (("B1", "charge_billed", bill), ("V1", "credit_vend", sale)):
        book.open(*accounts_for(kind, facts, chart))
        book.record(transfer_for(kind, facts, chart, new_id=new_id, at=at, day=day))
    rows = {row.account.code: row.debit - row.credit for row in trial_balance(book.storage, day).rows}
    assert rows["charge:SERVICE"] == -charge
    assert rows[f"tax:{vat.code}"] == -vat.amount
    assert rows["vendor:V17:float"] == quote.tender
    assert "customer:C9:due:SERVICE" not in rows


def test_the_command_line_sells_it_from_price_to_digits(tmp_path: Path) -> None:
    priced = ask(
        *("tariff", "price", "za-citypower-prepaid-high-2024-25", "--units", str(UNITS)),
        *("--at", "2024-08-05T10:00", "--json"),
    )
    quote = priced.json
    amounts = [Decimal(line["amount"]) for line in quote["lines"]]
    assert sum(amounts) == Decimal(quote["tender"])
    assert sum(Decimal(token) for token in quote["tokens"]) == Decimal(quote["units"]) == UNITS
    key = ("--vending-key", write_key(tmp_path / "key.json"), "--pan", METER, "--ti", "01")
    read = Fraction(0)
    for minute, part in enumerate(quote["tokens"]):
        time = f"2024-08-05T08:0{minute}Z"
        sold = ask("token", "issue", "electricity", part, *key, "--time", time, "--rnd", "1", "--json")
        back = ask("token", "decode", sold.json["token"], *key, "--json")
        read += Fraction(back.json["units"])
    assert read == Fraction(UNITS)
