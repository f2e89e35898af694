"""The event stream: what happens to a user's photos, as it happens."""
