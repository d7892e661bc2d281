"""Tokens with which programs use the API, never worth more than their owner's role."""

from services.users.api_tokens.api_tokens import DAYS, Holder, Token, TokenNotFound, TokenService

__all__ = [
    "DAYS",
    "Holder",
    "Token",
    "TokenNotFound",
    "TokenService",
]
