"""Certificates of a site: what is in them, and that their keys stay out of sight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from voltoken.drivers.authority import (
    LOCAL_NAMES,
    Credential,
    Role,
    Validity,
    make_authority,
    make_certificate,
)
from voltoken.errors import FieldError

YEAR = Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ROOT = make_authority("Site", YEAR)


def read(credential: Credential) -> x509.Certificate:
    return x509.load_pem_x509_certificate(credential.certificate)


def test_the_authority_signs_itself_and_nothing_below_can_sign() -> None:
    root = read(ROOT)
    root.verify_directly_issued_by(root)
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    client = read(make_certificate(ROOT, Role.CLIENT, "till", YEAR))
    client.verify_directly_issued_by(root)
    assert not client.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_server_has_its_names_and_a_client_has_none() -> None:
    server = read(
        make_certificate(ROOT, Role.SERVER, "module", YEAR, ["module.example", "10.0.0.7", "localhost"])
    )
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "module.example"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1", "10.0.0.7"]
    client = read(make_certificate(ROOT, Role.CLIENT, "till", YEAR, LOCAL_NAMES))
    with pytest.raises(x509.ExtensionNotFound):
        client.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert client.subject.rfc4514_string() == "CN=till"


@pytest.mark.parametrize(
    ("role", "usage"),
    [(Role.SERVER, ExtendedKeyUsageOID.SERVER_AUTH), (Role.CLIENT, ExtendedKeyUsageOID.CLIENT_AUTH)],
)
def test_a_certificate_is_for_one_end_only(role: Role, usage: x509.ObjectIdentifier) -> None:
    made = read(make_certificate(ROOT, role, "one", YEAR))
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [usage]


def test_keys_and_serial_numbers_are_new_each_time_and_the_validity_is_as_given() -> None:
    made = [make_certificate(ROOT, Role.CLIENT, "till", YEAR) for _ in range(3)]
    assert len({one.key for one in made}) == len({read(one).serial_number for one in made}) == 3
    for one in (ROOT, *made):
        assert (read(one).not_valid_before_utc, read(one).not_valid_after_utc) == (YEAR.begin, YEAR.end)
        key = load_pem_private_key(one.key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert isinstance(key.curve, ec.SECP256R1)


def test_the_fingerprint_is_of_the_whole_certificate() -> None:
    der = read(ROOT).public_bytes(Encoding.DER)
    assert ROOT.fingerprint == sha256(der).hexdigest()


def test_a_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(ROOT)
    assert "CERTIFICATE" in repr(ROOT)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(FieldError, match="name"):
        make_authority(name, YEAR)
    with pytest.raises(FieldError, match="host"):
        make_certificate(ROOT, Role.SERVER, "module", YEAR, ["mödule", ""])


@pytest.mark.parametrize(
    ("begin", "end"),
    [(YEAR.end, YEAR.begin), (YEAR.begin, YEAR.begin), (YEAR.begin.replace(tzinfo=None), YEAR.end)],
    ids=["backwards", "nothing", "no zone"],
)
def test_a_validity_is_two_moments_in_order(begin: datetime, end: datetime) -> None:
    with pytest.raises(FieldError, match="validity"):
        Validity(begin, end)
    Validity(YEAR.begin, YEAR.begin + timedelta(seconds=1))


def test_an_authority_that_is_none_is_refused_without_its_bytes() -> None:
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for broken in (
        Credential(b"s3cret", ROOT.key),
        Credential(ROOT.certificate, b"s3cret"),
        Credential(ROOT.certificate, pem),
    ):
        with pytest.raises(FieldError) as caught:
            make_certificate(broken, Role.CLIENT, "till", YEAR)
        assert "s3cret" not in str(caught.value)
