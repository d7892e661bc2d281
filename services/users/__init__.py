"""The users domain: who people are, what they may do, and their sessions.

Each sub-domain has a public interface of its own; from the top down: api_tokens, sign_in, accounts, credentials,
organizations, authorization, audit, identity.
"""
