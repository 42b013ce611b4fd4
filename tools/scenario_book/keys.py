"""Published test keys, and tokens under them: all that the scenarios compute."""

from __future__ import annotations

from typing import Any, Final

from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    Token,
    TokenCipher,
    TokenNumber,
    VendingKey,
    crc16,
    encode,
    insert_class,
    key_change_sections,
)

METER: Final = MeterPAN("600727000000000009")
NEIGHBOUR: Final = MeterPAN("000001000000000082")
_VENDING_160: Final = bytes.fromhex("abababababababab949494949494949401234567")
_VENDING_64: Final = bytes.fromhex("abababababababab")


def key11(
    krn: int = 1,
    base: BaseDate = BaseDate.BD2014,
    *,
    kt: KeyType = KeyType.DUTK,
    ti: str = "01",
    sgc: str = "123457",
    ken: int = 255,
    pan: MeterPAN = METER,
) -> DecoderKey:
    """Return a key of EA11 from the published test vending key, by DKGA04."""
    vending = VendingKey(_VENDING_160, SGC(sgc), KRN(krn), base, kt, KEN(ken), test=True)
    return Deriver(vending, EA.MISTY1).derive(pan, TI(ti))


def key07(
    krn: int = 1,
    base: BaseDate = BaseDate.BD2014,
    *,
    kt: KeyType = KeyType.DUTK,
    ti: str = "01",
    sgc: str = "123456",
    ken: int = 255,
    pan: MeterPAN = METER,
) -> DecoderKey:
    """Return a key of EA07 from the published test vending key, by DKGA02."""
    vending = VendingKey(_VENDING_64, SGC(sgc), KRN(krn), base, kt, KEN(ken), test=True)
    return Deriver(vending, EA.STA, DKGA.DKGA02).derive(pan, TI(ti))


def number(token: Token, key: DecoderKey) -> TokenNumber:
    """Return the digits of a token under a key."""
    return encode(token, TokenCipher(key, SAMPLE_TABLES))


def crafted(token_class: int, subclass: int, data: int, key: DecoderKey | None) -> TokenNumber:
    """Return a token with any subclass and any 44 bits, and a right checksum, as no vendor makes it."""
    block = subclass << 44 | data
    block = block << 16 | crc16((token_class << 48 | block).to_bytes(7, "big"))
    if key is not None:
        block = TokenCipher(key, SAMPLE_TABLES).block.encrypt(block)
    return insert_class(block, token_class)


def key_change(under: DecoderKey, new: DecoderKey, **options: bool) -> list[TokenNumber]:
    """Return the tokens that carry a new key, whatever the rules say. options: of key_change_sections."""
    return [number(section, under) for section in key_change_sections(new, **options)]


def seen_of(key: DecoderKey) -> dict[str, Any]:
    """Return what must be seen of a meter that holds a key and was told all of it."""
    sgc, krn, ti = key.identity()
    return {
        "key_check_value": str(key.check_value),
        "sgc": str(sgc),
        "krn": int(krn),
        "kt": int(key.kt),
        "ti": str(ti),
        "ken": int(key.ken),
    }


def origin_of(key: DecoderKey) -> str:
    """Say where a test key comes from."""
    if key.krn is None:
        return "made up"
    if key.ea is EA.STA:
        return "by DKGA02 from the STS 531-1 test vending key abababababababab; sample tables of EA07"
    return f"by DKGA04 from the STS 531-1 test vending key {_VENDING_160.hex()}"
