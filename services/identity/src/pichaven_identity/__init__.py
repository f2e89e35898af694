"""Accounts, sessions, API keys, and the signing keys that all services trust."""
