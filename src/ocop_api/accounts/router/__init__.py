"""HTTP of accounts."""

from ocop_api.accounts.router.inviting import invitations, own_invitations
from ocop_api.accounts.router.own import own
from ocop_api.accounts.router.recovering import recovery
from ocop_api.accounts.router.sign_in_steps import sign_in_steps
from ocop_api.accounts.router.signing_in import auth, me
from ocop_api.accounts.router.users import users

routers = (auth, recovery, me, own, own_invitations, users, invitations, *sign_in_steps)
