"""API tokens for programs, which never allow more than their owner's role."""

from services.users.api_tokens.api_tokens import (
    LIFETIME_DAYS,
    SCOPES,
    ApiToken,
    ApiTokenNotFound,
    ApiTokenService,
    TokenOwner,
)

__all__ = [
    "LIFETIME_DAYS",
    "SCOPES",
    "ApiToken",
    "ApiTokenNotFound",
    "ApiTokenService",
    "TokenOwner",
]
