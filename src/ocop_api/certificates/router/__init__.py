"""Certificates over HTTP: the register and what is done with it, verification, appeals, withdrawals."""

from ocop_api.certificates.router import appeals, credentials, register, statistics, verification, withdrawals

routers = (
    # Before the register: its paths would be read as ids there.
    statistics.router,
    register.router,
    *verification.routers,
    *appeals.routers,
    *credentials.routers,
    *withdrawals.routers,
)
