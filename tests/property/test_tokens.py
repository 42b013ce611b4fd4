"""Laws of the codec: what is encoded decodes to itself, and anything else is a TokenError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import (
    base_dates,
    bits,
    ciphers,
    derivers,
    offsets,
    pans,
    plain_tokens,
    tid_tokens,
    tis,
    token_like_texts,
    token_numbers,
    tokens,
)
from voltoken.errors import FieldError, IntegrityError, TokenError, UnsupportedToken, VoltokenError
from voltoken.sts import (
    EA,
    SAMPLE_TABLES,
    TI,
    Deriver,
    MeterPAN,
    Token,
    TokenCipher,
    TokenNumber,
    decode,
    encode,
    explain,
    extract_class,
    insert_class,
    pack,
    unpack,
)
from voltoken.sts.crc import token_crc, token_crc_c

every_ea = pytest.mark.parametrize("ea", EA)


@every_ea
@given(data=st.data())
def test_every_token_decodes_to_itself(ea: EA, data: st.DataObject) -> None:
    token, cipher = data.draw(tokens(ea)), data.draw(ciphers(ea))
    number = encode(token, cipher)
    for text in (number, number.digits, number.grouped):
        assert decode(text, cipher) == token
    assert hash(decode(number, cipher)) == hash(token)


@given(token=plain_tokens)
def test_class_1_tokens_need_no_key(token: Token) -> None:
    assert decode(encode(token)) == token


@given(deriver=derivers, pan=pans, ti=tis, token=tid_tokens)
def test_tokens_pass_under_every_kind_of_derived_key(
    deriver: Deriver, pan: MeterPAN, ti: TI, token: Token
) -> None:
    key = deriver.derive(pan, ti)
    cipher = TokenCipher(key, SAMPLE_TABLES)
    again = TokenCipher(deriver.derive(pan, ti), SAMPLE_TABLES)
    assert decode(encode(token, cipher), again) == token


@every_ea
@given(data=st.data())
def test_any_text_is_a_token_or_a_token_error(ea: EA, data: st.DataObject) -> None:
    text, cipher = data.draw(token_like_texts), data.draw(ciphers(ea))
    assert_token_or_error(text, cipher)


@every_ea
@given(data=st.data())
def test_any_66_bits_are_a_token_or_a_token_error(ea: EA, data: st.DataObject) -> None:
    number, cipher = data.draw(token_numbers), data.draw(ciphers(ea))
    assert_token_or_error(number, cipher)
    assert_token_or_error(number.digits, cipher)


@every_ea
@given(data=st.data())
def test_any_block_with_a_right_checksum_is_a_token_or_a_token_error(ea: EA, data: st.DataObject) -> None:
    upper48, token_class = data.draw(bits(48)), data.draw(st.integers(0, 3))
    cipher = data.draw(ciphers(ea))
    is_currency = token_class == 0 and 4 <= upper48 >> 44 <= 7
    checksum = (token_crc_c if is_currency else token_crc)(token_class << 48 | upper48)
    block = upper48 << 16 | checksum
    sent = block if token_class in (1, 3) else cipher.block.encrypt(block)
    token = assert_token_or_error(insert_class(sent, token_class), cipher)
    if token is not None:
        assert pack(token) == block


def assert_token_or_error(given_token: str | TokenNumber, cipher: TokenCipher) -> Token | None:
    """Decode; a token must encode to what was given, and no error but a TokenError may come."""
    token = attempt(TokenError, decode, given_token, cipher)
    if isinstance(token, TokenError):
        return None
    number = TokenNumber.parse(given_token) if isinstance(given_token, str) else given_token
    assert encode(token, cipher) == number
    return token


@given(text=token_like_texts)
def test_without_a_key_only_encrypted_tokens_ask_for_one(text: str) -> None:
    outcome = attempt(VoltokenError, decode, text)
    if isinstance(outcome, FieldError):
        assert outcome.field == "cipher"
        assert TokenNumber.parse(text).token_class in (0, 2)
    elif isinstance(outcome, Token):
        assert TokenNumber.parse(text).token_class == 1
    else:
        assert isinstance(outcome, TokenError)


@every_ea
@given(data=st.data())
def test_no_text_makes_explain_fail(ea: EA, data: st.DataObject) -> None:
    text = data.draw(token_like_texts)
    cipher = data.draw(st.none() | ciphers(ea))
    explained = explain(text, cipher, data.draw(st.none() | base_dates), data.draw(offsets))
    assert explained.summary
    assert (explained.token is None) or (explained.error is None)


@every_ea
@given(data=st.data())
def test_explain_and_decode_agree(ea: EA, data: st.DataObject) -> None:
    token, cipher = data.draw(tokens(ea)), data.draw(ciphers(ea))
    explained = explain(encode(token, cipher).grouped, cipher)
    assert explained.token == token
    assert explained.error is None
    assert [row.name for row in explained.fields] == [spec.name for spec in token.layout.fields]


@given(number=token_numbers)
def test_the_class_moves_in_and_out(number: TokenNumber) -> None:
    token_class, block = extract_class(number)
    assert insert_class(block, token_class) == number


@given(block=bits(64), token_class=st.integers(0, 3))
def test_a_block_that_unpacks_packs_again(block: int, token_class: int) -> None:
    token = attempt(TokenError, unpack, token_class, block)
    assert isinstance(token, TokenError) or pack(token) == block


@given(token=tid_tokens, place=st.integers(0, 63))
def test_one_wrong_bit_of_a_block_is_always_noticed(token: Token, place: int) -> None:
    with pytest.raises(IntegrityError):
        unpack(token.token_class, pack(token) ^ 1 << place)


@given(token=tid_tokens, wrong=st.integers(0, 3))
def test_a_wrong_class_is_always_noticed(token: Token, wrong: int) -> None:
    if wrong != token.token_class:
        with pytest.raises((IntegrityError, UnsupportedToken)):
            unpack(wrong, pack(token))
