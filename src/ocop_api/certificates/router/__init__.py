"""Certificates over HTTP: the register and what is done with it, and verification for anyone."""

from ocop_api.certificates.router import credentials, register, verification

routers = (register.router, *verification.routers, *credentials.routers)
