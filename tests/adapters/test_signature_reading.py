"""Signature files of strangers: read or refused, never more than that."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ocop_api.adapters.signature_reading import NotASignatureError, detached_signature

CONTENT = "Biên bản họp".encode()


def _signed(*options: pkcs7.PKCS7Options, signers: int = 1) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(CONTENT)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for place in range(signers):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Người ký {place}")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), place + 1, at, at + timedelta(days=9))
        ).sign(key, hashes.SHA256())
        builder = builder.add_signer(certificate, key, hashes.SHA256())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def test_every_signer_names_the_digest_of_the_content() -> None:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(CONTENT)
    expected = digest.finalize()
    found = detached_signature(_signed(pkcs7.PKCS7Options.DetachedSignature, signers=2))
    assert found.signers == 2
    assert [(one.algorithm, one.digest) for one in found.digests] == [("sha256", expected)] * 2


def test_a_signature_without_attributes_names_none() -> None:
    found = detached_signature(_signed(pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.NoAttributes))
    assert (found.signers, found.digests) == (1, ())


def test_content_inside_of_the_signature_is_refused() -> None:
    with pytest.raises(NotASignatureError, match="attached"):
        detached_signature(_signed())


def test_altered_bytes_are_read_or_refused() -> None:
    whole = _signed(pkcs7.PKCS7Options.DetachedSignature)
    dice = random.Random(7)  # noqa: S311 - the same bytes in every run
    refused = 0
    for _ in range(3000):
        altered = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            altered[dice.randrange(len(altered))] = dice.randrange(256)
        cut = bytes(altered[: dice.randint(0, len(altered))]) if dice.random() < 0.3 else bytes(altered)
        try:
            detached_signature(cut)
        except NotASignatureError:
            refused += 1
    assert refused > 500
