"""Embeddings and tags for photos, embeddings for queries."""
