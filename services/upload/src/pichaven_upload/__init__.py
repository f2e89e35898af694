"""Originals: how they come in whole, whose they are, and when their last byte may go."""
