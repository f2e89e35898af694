"""Jobs: one action on every photo of a query, in the background, through restarts."""
