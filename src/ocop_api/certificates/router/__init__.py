"""Certificates over HTTP: the register and what is done with it, papers, verification for anyone, appeals."""

from ocop_api.certificates.router import (
    appeals,
    credentials,
    documents,
    files,
    proofs,
    register,
    statistics,
    verification,
)

routers = (
    # Before the register: its paths would be read as ids there.
    statistics.router,
    register.router,
    files.router,
    *verification.routers,
    *documents.routers,
    *appeals.routers,
    *credentials.routers,
    proofs.router,
)
