"""Check an electronic OCOP certificate without the system that issued it, and without a network.

    python verify_certificate.py credential.json did.json [revocation.json]

``credential.json`` is what ``/v1/certificates/{id}/credential`` gave. ``did.json`` holds the issuer's keys;
fetch it once, over https, from ``/.well-known/did.json`` of the issuer you mean to trust. The third file is
the status list the credential names (``credentialStatus``); without it nobody can tell a withdrawal.
Needs Python 3.11 and the package ``cryptography``; exit status 0 only for a certificate that is good now.
"""

import base64
import gzip
import hashlib
import json
import sys
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def refuse(why):
    """End with the reason."""
    sys.exit(f"NOT VALID: {why}")


def read(name):
    """JSON of one meaning: no key twice, no fractions (certificates have none)."""

    def whole(pairs):
        return dict(pairs) if len({key for key, _ in pairs}) == len(pairs) else refuse("a key stands twice")

    with open(name, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=whole, parse_float=refuse, parse_constant=refuse)


def ordered(value):
    """The value with the keys of its objects in the order of RFC 8785: by UTF-16 code units."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [ordered(inner) for inner in value] if isinstance(value, list) else value


def digest(value):
    """SHA-256 of the canonical JSON."""
    text = json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def from_base58(text):
    """The bytes behind multibase base58btc (``z…``)."""
    number = 0
    for letter in text.removeprefix("z"):
        number = number * 58 + BASE58.index(letter)
    zeros = len(text) - 1 - len(text[1:].lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def check_signature(document, did):
    """Refuse what no key signed that the issuer stands by today (cryptosuite eddsa-jcs-2022)."""
    issuer = document["issuer"]["id"] if isinstance(document["issuer"], dict) else document["issuer"]
    proof = document["proof"]
    method = proof["verificationMethod"]
    if issuer != did["id"] or method not in did["assertionMethod"]:
        refuse("not signed with a key that this issuer stands by")
    key = next(key for key in did["verificationMethod"] if key["id"] == method)
    kind = (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
    if kind != ("DataIntegrityProof", "eddsa-jcs-2022", "assertionMethod"):
        refuse("another kind of proof")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if options.get("@context") != document["@context"]:
        refuse("the proof is about another context")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    public_key = Ed25519PublicKey.from_public_bytes(from_base58(key["publicKeyMultibase"])[2:])
    try:
        public_key.verify(from_base58(proof["proofValue"]), digest(options) + digest(unsecured))
    except InvalidSignature:
        refuse("changed or forged, the signature does not fit")


def check_status(credential, status_list, did):
    """Refuse a credential whose bit is set in its list of revocation."""
    check_signature(status_list, did)
    entry = next(e for e in credential["credentialStatus"] if e["statusPurpose"] == "revocation")
    if status_list["id"] != entry["statusListCredential"]:
        refuse("this is not the status list that the certificate names")
    encoded = status_list["credentialSubject"]["encodedList"].removeprefix("u")
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    index = int(entry["statusListIndex"])
    if bits[index // 8] & 0x80 >> index % 8:
        refuse("revoked: withdrawn, or replaced by a certificate of fewer stars")


def main(names, now):
    """Check the files named, and say what the certificate states."""
    credential, did, *lists = map(read, names)
    check_signature(credential, did)
    for status_list in lists:
        check_status(credential, status_list, did)
    if now < datetime.fromisoformat(credential["validFrom"]):
        refuse("its term has not begun")
    if now.replace(microsecond=0) > datetime.fromisoformat(credential["validUntil"]):
        refuse("its term is over")
    print("VALID:", credential["name"])
    print("issued to", credential["credentialSubject"]["issuedToParty"]["name"])
    if not lists:
        print("Not checked: whether it was withdrawn meanwhile.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:], datetime.now(UTC))
    except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
        refuse(f"not a certificate, its issuer's keys and a status list ({error!r})")
