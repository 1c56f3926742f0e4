"""Certificates over HTTP: the register and what is done with it, verification for anyone, appeals."""

from ocop_api.certificates.router import (
    appeals,
    confirming,
    credentials,
    decisions,
    numbers,
    register,
    statistics,
    verification,
)

routers = (
    # Before the register: its paths would be read as ids there.
    statistics.router,
    numbers.router,
    register.router,
    confirming.router,
    decisions.router,
    *verification.routers,
    *appeals.routers,
    *credentials.routers,
)
