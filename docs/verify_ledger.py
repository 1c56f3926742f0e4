"""Check that what happened to an OCOP certificate lies in the signed ledger, trusting nothing but a key.

    python verify_ledger.py proofs.json KEY [kept_head.json consistency.json]

``proofs.json`` is what ``/v1/certificates/{id}/proofs`` gave. ``KEY`` is the ledger's public key as you
learnt it on a way you trust: ``public_key.x`` or ``public_key.kid`` of ``/v1/ledger/head``; several with
commas between. ``kept_head.json`` is a head of ``/v1/ledger/head`` that you kept, ``consistency.json`` the
answer of ``/v1/ledger/proofs/consistency?first=…&second=…`` for its ``seq`` and that of the checkpoint in the
proofs, the smaller one first. Each file may be an https address instead.
Needs Python 3.11 and the package ``cryptography``; exit status 0 only if everything holds.
"""

import base64
import hashlib
import json
import sys
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def read(name):
    """The JSON of a file or an address."""
    far = name.startswith(("https://", "http://"))
    with urllib.request.urlopen(name, timeout=30) if far else open(name, "rb") as file:  # noqa: S310
        return json.load(file)


def sha256(*parts):
    """The hash of bytes one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def from_base64(text, size):
    """The ``size`` bytes behind base64url, written in the one way that it is written."""
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(value) != size or base64.urlsafe_b64encode(value).rstrip(b"=") != text.encode():
        raise ValueError(f"{text} is not base64url of {size} bytes")
    return value


def check_head(head, keys):
    """Refuse a head that no trusted key has signed; gives the root of its tree."""
    x = head["public_key"]["x"]
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()
    if not keys & {x, base64.urlsafe_b64encode(sha256(jwk)).rstrip(b"=").decode()}:
        raise ValueError(f"head {head['seq']} is not signed with a trusted key")
    if not head["root"]:
        raise ValueError(f"head {head['seq']} covers no tree")
    digest, root = bytes.fromhex(head["hash"]), bytes.fromhex(head["root"])
    signed = b"ocop-ledger-head/2\n" + head["seq"].to_bytes(8, "big") + digest + root
    key = Ed25519PublicKey.from_public_bytes(from_base64(x, 32))
    key.verify(from_base64(head["signature"], 64), signed + head["signed_at"].encode())
    return root


def climb(number, last, older, newer, path):
    """Go up from a node by the hashes beside: what it makes with those on its left, and with all of them."""
    for beside in path:
        if last == 0:
            return older, None
        if number & 1 or number == last:
            older, newer = sha256(b"\1", beside, older), sha256(b"\1", beside, newer)
            while number and not number & 1:
                number, last = number >> 1, last >> 1
        else:
            newer = sha256(b"\1", newer, beside)
        number, last = number >> 1, last >> 1
    return older, newer if last == 0 else None


def included(leaf, seq, path, size, root):
    """Whether the leaf is number ``seq`` of the tree (RFC 9162, 2.1.3.2)."""
    node = sha256(b"\0", leaf)
    return 0 < seq <= size and climb(seq - 1, size - 1, node, node, path)[1] == root


def consistent(first, second, path, older, newer):
    """Whether the newer tree begins with the older one (RFC 9162, 2.1.4.2)."""
    if first == second or not path:
        return (first, older, path) == (second, newer, [])
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    start, *path = path if first & (first - 1) else [older, *path]
    return climb(number, last, start, start, path) == (older, newer)


def main(names):
    """Check what the arguments name; gives whether all of it holds."""
    proofs, keys = read(names[0]), set(names[1].split(","))
    head = proofs["checkpoint"] or sys.exit("NOT PROVEN: no head with a tree was signed yet")
    root, holds = check_head(head, keys), bool(proofs["events"])
    print(f"head of {head['seq']} events, signed at {head['signed_at']}; {proofs['pending']} not covered yet")
    for event in proofs["events"]:
        leaf, path = json.loads(event["leaf"]), [bytes.fromhex(node) for node in event["path"]]
        about = (leaf["seq"], leaf["subject_type"], leaf["subject_id"])
        good = about == (event["seq"], "certificate", proofs["certificate_id"])
        good = good and included(event["leaf"].encode(), event["seq"], path, head["seq"], root)
        print("included" if good else "NOT INCLUDED", leaf["seq"], leaf["at"], leaf["kind"])
        holds = holds and good
    if names[2:]:
        kept, path = read(names[2]), [bytes.fromhex(node) for node in read(names[3])["path"]]
        heads = sorted([(kept["seq"], check_head(kept, keys)), (head["seq"], root)])
        good = consistent(heads[0][0], heads[1][0], path, heads[0][1], heads[1][1])
        print("consistent" if good else "NOT CONSISTENT", "with the kept head of", kept["seq"], "events")
        holds = holds and good
    return holds


if __name__ == "__main__":
    try:
        sys.exit(0 if main(sys.argv[1:]) else "NOT PROVEN")
    except InvalidSignature:
        sys.exit("NOT PROVEN: a signature does not fit its head")
    except (ValueError, LookupError, TypeError, AttributeError, OSError, OverflowError) as error:
        sys.exit(f"NOT PROVEN: {error!r}")
