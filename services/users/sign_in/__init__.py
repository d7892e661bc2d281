"""Sign-in by password or by a provider, view as, and the actor of a session."""

from services.users.sign_in.absent_actors import AbsentActors
from services.users.sign_in.authentication import AuthenticationService, CodeNeeded, SignedIn
from services.users.sign_in.federated_accounts import FederatedAccounts, SignOnRefused
from services.users.sign_in.openid import OpenIdClient, ProviderUnavailable, SignOnFailed, SignOnInvalid
from services.users.sign_in.provider import FederatedIdentity, Provider
from services.users.sign_in.single_sign_on import Answer, ProviderNotFound, SingleSignOn
from services.users.sign_in.view_as import ViewAsService

__all__ = [
    "AbsentActors",
    "Answer",
    "AuthenticationService",
    "CodeNeeded",
    "FederatedAccounts",
    "FederatedIdentity",
    "OpenIdClient",
    "Provider",
    "ProviderNotFound",
    "ProviderUnavailable",
    "SignOnFailed",
    "SignOnInvalid",
    "SignOnRefused",
    "SignedIn",
    "SingleSignOn",
    "ViewAsService",
]
