"""Readers of pixels and metadata blocks, one for each family of file formats."""
