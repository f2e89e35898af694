"""Who asks, and what they may do: the only authorisation of the gallery."""
