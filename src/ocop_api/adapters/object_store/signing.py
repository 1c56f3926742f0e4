"""Addresses that let one object be put into a bucket, without the bucket's credentials.

Signature version 4 in the query string, as Amazon documents it ("Authenticating Requests: Using Query
Parameters"). Length and hash of the content are signed too, so that the storage itself refuses any
other content; a plain signed address would take a file of any size.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class BucketKey:
    """Where a bucket is and who may write to it; ``base_url`` is the address in front of the key."""

    base_url: str
    region: str
    access_key_id: str
    secret_access_key: str


def presigned(
    bucket: BucketKey, method: str, key: str, *, at: datetime, seconds: int, headers: Mapping[str, str]
) -> str:
    """The address by which ``method`` may be used on ``key`` until ``seconds`` after ``at``.

    Args:
        bucket: the bucket and its credential.
        method: ``PUT`` or ``GET``.
        key: name of the object.
        at: the present, aware.
        seconds: life of the address, at most seven days.
        headers: headers that the client must send exactly so (lower-case names, without ``host``).
    """
    parts = urlsplit(bucket.base_url)
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    signed = {**headers, "host": parts.netloc}
    names = ";".join(sorted(signed))
    query = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in (
            ("X-Amz-Algorithm", _ALGORITHM),
            ("X-Amz-Credential", f"{bucket.access_key_id}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(seconds)),
            ("X-Amz-SignedHeaders", names),
        )
    )
    path = f"{parts.path.rstrip('/')}/{quote(key, safe='/')}"
    canonical = "\n".join(
        (
            method,
            path,
            query,
            *(f"{name}:{signed[name].strip()}" for name in sorted(signed)),
            "",
            names,
            signed.get("x-amz-content-sha256", _UNSIGNED),
        )
    )
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    secret = f"AWS4{bucket.secret_access_key}".encode()
    for part in (stamp[:8], bucket.region, "s3", "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"
