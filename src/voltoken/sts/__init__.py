"""The Standard Transfer Specification (IEC 62055-41, -51), exact to the bit, without I/O.

Make a decoder key, encode and decode tokens, make key change sets:

>>> from datetime import UTC, datetime
>>> from decimal import Decimal
>>> from voltoken.sts import *
>>> vending_key = VendingKey(
...     bytes.fromhex("abababababababab949494949494949401234567"),
...     sgc=SGC("123457"), krn=KRN(1), base_date=BaseDate.BD1993,
... )
>>> decoder_key = Deriver(vending_key, EA.MISTY1).derive(MeterPAN("600727000000000009"), TI("01"))
>>> cipher = TokenCipher(decoder_key)
>>> tid = TIDClock(BaseDate.BD1993).tid_at(datetime(2004, 3, 1, 13, 0, tzinfo=UTC))
>>> number = encode(TransferCredit.of(Service.ELECTRICITY, Decimal("0.1"), tid=tid, rnd=5), cipher)
>>> number.grouped
'5938 6323 4721 3742 6967'
>>> decode("5938 6323 4721 3742 6967", cipher).units
Decimal('0.1')

Nothing here reads a clock, draws a random number, opens a file or keeps a key in a global. The names
below are the stable interface; everything else may change.
"""

from voltoken.sts import layouts, registry, rules
from voltoken.sts.amount import (
    CURRENCY,
    CURRENCY_STEPS_MAX,
    UNIT_STEPS_MAX,
    UNITS,
    WATTS,
    UnitGrid,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)
from voltoken.sts.carriers import TokenNumber
from voltoken.sts.ciphers.sta_tables import SAMPLE_TABLES, STATables
from voltoken.sts.codec import (
    TokenCipher,
    decode,
    encode,
    extract_class,
    insert_class,
    pack,
    unpack,
)
from voltoken.sts.crc import crc16, crc16_c
from voltoken.sts.derivation import (
    COMMON_PAN,
    CommonPANBlock,
    Deriver,
    VendingKeyParity,
    control_block,
    dkga04_data,
    pan_block,
)
from voltoken.sts.explain import explain
from voltoken.sts.explanation import Explanation, StepKind
from voltoken.sts.fields import (
    DKGA,
    EA,
    KEN,
    KRN,
    RND,
    SGC,
    TCT,
    TI,
    BaseDate,
    CountryCode,
    KeyType,
    ManufacturerCode,
    MeterTest,
    Service,
)
from voltoken.sts.idrecord import IDRecord
from voltoken.sts.keychange import (
    CarriedKey,
    KeyChangeParts,
    assemble,
    encode_key_change,
    key_change_sections,
    key_change_set,
)
from voltoken.sts.keys import (
    DecoderKey,
    KeyCheckValue,
    VendingKey,
    key_check_value,
    odd_parity,
    parse_key,
)
from voltoken.sts.magcard import CARD_RECORDS, CardFrame, MagneticCard
from voltoken.sts.management import (
    REGISTER_ALL,
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    KeyChangeSection,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
)
from voltoken.sts.pan import MeterPAN, luhn_check_digit, parse_meter_number
from voltoken.sts.tid import TID, TIDClock
from voltoken.sts.tokens import (
    InitiateMeterTestDisplay,
    Token,
    TransferCredit,
    TransferCurrency,
)

__all__ = [
    "BaseDate",
    "CARD_RECORDS",
    "COMMON_PAN",
    "CURRENCY",
    "CURRENCY_STEPS_MAX",
    "CardFrame",
    "CarriedKey",
    "ClearCredit",
    "ClearTamperCondition",
    "CommonPANBlock",
    "CountryCode",
    "DKGA",
    "DecoderKey",
    "Deriver",
    "EA",
    "Explanation",
    "ExtendedTokenSet",
    "IDRecord",
    "InitiateMeterTestDisplay",
    "KEN",
    "KRN",
    "KeyChangeParts",
    "KeyChangeSection",
    "KeyCheckValue",
    "KeyType",
    "MagneticCard",
    "ManufacturerCode",
    "MeterPAN",
    "MeterTest",
    "REGISTER_ALL",
    "RND",
    "SAMPLE_TABLES",
    "SGC",
    "STATables",
    "Service",
    "Set1stSectionDecoderKey",
    "Set2ndSectionDecoderKey",
    "Set3rdSectionDecoderKey",
    "Set3rdSectionSupplyGroup",
    "Set4thSectionDecoderKey",
    "SetMaximumPhasePowerUnbalanceLimit",
    "SetMaximumPowerLimit",
    "SetTariffRate",
    "SetWaterMeterFactor",
    "StepKind",
    "TCT",
    "TI",
    "TID",
    "TIDClock",
    "Token",
    "TokenCipher",
    "TokenNumber",
    "TransferCredit",
    "TransferCurrency",
    "UNITS",
    "UNIT_STEPS_MAX",
    "UnitGrid",
    "VendingKey",
    "VendingKeyParity",
    "WATTS",
    "assemble",
    "control_block",
    "crc16",
    "crc16_c",
    "decode",
    "decode_amount",
    "decode_currency",
    "dkga04_data",
    "encode",
    "encode_amount",
    "encode_currency",
    "encode_key_change",
    "explain",
    "extract_class",
    "insert_class",
    "key_change_sections",
    "key_change_set",
    "key_check_value",
    "layouts",
    "luhn_check_digit",
    "odd_parity",
    "pack",
    "pan_block",
    "parse_key",
    "parse_meter_number",
    "registry",
    "rules",
    "unpack",
]
