"""Tests of the platform as a whole, and of its sources."""
