"""The key file of a person."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.access import fingerprint, verify
from voltoken.drivers.centre import PersonKey, make_person_key, person_key_needs_passphrase, read_person_key
from voltoken.errors import CentreFileError, FieldError, RuleError

PHRASE = "correct horse battery"


@pytest.mark.parametrize("passphrase", [None, PHRASE, "caf\u00e9 au lait, encore"])
def test_a_key_file_gives_its_key_back(tmp_path: Path, passphrase: str | None) -> None:
    made = make_person_key(tmp_path / "ada.pem", passphrase)
    assert person_key_needs_passphrase(tmp_path / "ada.pem") is (passphrase is not None)
    key = read_person_key(tmp_path / "ada.pem", passphrase)
    assert key.public_key == made.public_key
    assert verify(key.public_key, b"a message", key.sign(b"a message"))
    assert key.fingerprint == fingerprint(key.public_key)
    assert repr(key) == f"<key of a person, {key.fingerprint}>"
    assert (tmp_path / "ada.pem").stat().st_mode & 0o777 == 0o600


def test_accents_may_be_typed_either_way(tmp_path: Path) -> None:
    made = make_person_key(tmp_path / "ada.pem", "caf\u00e9 au lait, encore")
    assert read_person_key(tmp_path / "ada.pem", "cafe\u0301 au lait, encore\n").public_key == made.public_key


def test_a_passphrase_that_is_wrong_or_missing_is_asked_for(tmp_path: Path) -> None:
    make_person_key(tmp_path / "ada.pem", PHRASE)
    for wrong in ("correct horse stapler", "", "\udcff" * 12, None):
        with pytest.raises(FieldError) as caught:
            read_person_key(tmp_path / "ada.pem", wrong)
        assert caught.value.field == "passphrase"
        assert caught.value.value is None


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 1025, "with\ttabs in it"])
def test_a_passphrase_that_protects_nothing_is_refused(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(FieldError, match="passphrase"):
        make_person_key(tmp_path / "ada.pem", passphrase)
    assert not (tmp_path / "ada.pem").exists()


def test_a_key_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "ada.pem").write_text("precious")
    with pytest.raises(CentreFileError, match="already"):
        make_person_key(tmp_path / "ada.pem", None)
    with pytest.raises(CentreFileError, match="cannot be written"):
        make_person_key(tmp_path / "nowhere" / "ada.pem", None)
    assert (tmp_path / "ada.pem").read_text() == "precious"


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_person_key(tmp_path / "ada.pem", None)
    (tmp_path / "ada.pem").chmod(0o644)
    with pytest.raises(CentreFileError, match="chmod 600"):
        read_person_key(tmp_path / "ada.pem", None)


def test_another_key_is_no_key_of_a_person(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "ec.pem"
    path.touch(0o600)
    path.write_bytes(pem)
    with pytest.raises(CentreFileError, match="is no key of a person"):
        read_person_key(path, None)


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(CentreFileError, match="cannot be read"):
        read_person_key(tmp_path / "nobody.pem", None)


@given(st.binary(max_size=400), st.booleans())
def test_whatever_a_key_file_holds_is_a_key_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, armoured: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.pem"
    path.touch(0o600)
    if armoured:
        import base64

        data = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(data) + b"\n-----END PRIVATE KEY-----\n"
    path.write_bytes(data)
    with pytest.raises((CentreFileError, FieldError)):
        read_person_key(path, None)


def test_a_key_in_memory_is_not_copied() -> None:
    with pytest.raises(RuleError):
        pickle.dumps(PersonKey.generate())
