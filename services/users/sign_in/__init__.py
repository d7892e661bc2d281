"""Signing in: by password, by a provider, and as another person; from a session to the current actor."""

from services.users.sign_in.authentication import AuthenticationService, CodeNeeded, SignedIn
from services.users.sign_in.federated_accounts import FederatedAccounts, SignOnRefused
from services.users.sign_in.openid import OpenIdClient, ProviderDown, SignOnFailed, SignOnInvalid
from services.users.sign_in.provider import FederatedIdentity, Provider
from services.users.sign_in.single_sign_on import Answer, ProviderNotFound, SingleSignOn
from services.users.sign_in.view_as import ViewAsService

__all__ = [
    "Answer",
    "AuthenticationService",
    "CodeNeeded",
    "FederatedAccounts",
    "FederatedIdentity",
    "OpenIdClient",
    "Provider",
    "ProviderDown",
    "ProviderNotFound",
    "SignOnFailed",
    "SignOnInvalid",
    "SignOnRefused",
    "SignedIn",
    "SingleSignOn",
    "ViewAsService",
]
