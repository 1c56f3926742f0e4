"""Certificates over HTTP: the register and what is done with it, verification for anyone, appeals."""

from ocop_api.certificates.router import appeals, credentials, register, verification

routers = (register.router, *verification.routers, *appeals.routers, *credentials.routers)
