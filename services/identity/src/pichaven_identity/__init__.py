"""Who people are: accounts, sessions, API keys, and the keys that all services trust."""
