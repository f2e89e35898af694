"""The local stack: real engines and every service as processes, without containers."""
