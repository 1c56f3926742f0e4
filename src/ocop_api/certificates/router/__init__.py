"""Certificates over HTTP: the register, papers, verification for anyone, appeals, withdrawals."""

from ocop_api.certificates.router import (
    appeals,
    confirming,
    credentials,
    decisions,
    documents,
    files,
    numbers,
    proofs,
    register,
    statistics,
    verification,
    withdrawals,
)

routers = (
    # Before the register: its paths would be read as ids there.
    statistics.router,
    numbers.router,
    register.router,
    files.router,
    confirming.router,
    decisions.router,
    *verification.routers,
    *documents.routers,
    *appeals.routers,
    *credentials.routers,
    proofs.router,
    *withdrawals.routers,
)
