"""Signing in with an issuer of OpenID Connect: addresses, code exchange, keys, id tokens."""

from ocop_api.adapters.oidc.issuer import Issuer, Issuers
from ocop_api.adapters.oidc.verifying import Claims

__all__ = ["Claims", "Issuer", "Issuers"]
