"""Certificates: issuing, printing, public verification, withdrawal. Expiry is a matter of the day."""
