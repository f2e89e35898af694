"""The search service: its index is made from events and can be made again from them."""
