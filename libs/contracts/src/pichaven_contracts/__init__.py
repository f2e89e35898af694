"""PicHaven's published language: events, topics, and the schemas that hold them still."""
