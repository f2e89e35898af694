"""PicHaven's published language: events, topics, and their schemas."""
