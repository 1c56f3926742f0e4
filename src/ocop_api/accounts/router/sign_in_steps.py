"""The routers around signing in, beside e-mail and password themselves."""

from ocop_api.accounts.router.oidc import identities, oidc
from ocop_api.accounts.router.own_sessions import own_sessions, users_sessions
from ocop_api.accounts.router.second_factor import own_factor, second_step, users_factor

sign_in_steps = (second_step, oidc, own_factor, own_sessions, identities, users_factor, users_sessions)
