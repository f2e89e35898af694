"""Tests on secured engines. A package, so that its platform stops before another starts."""
