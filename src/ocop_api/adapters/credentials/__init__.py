"""Signing and checking of verifiable credentials (W3C): proofs, tokens, status lists, keys. Knows no HTTP.

Data Integrity with ``eddsa-jcs-2022``, JOSE with ``EdDSA``, Bitstring Status List. Nothing is ever fetched.
"""
