"""Benchmarks: `make bench-NAME`. README.md says what each measures, how, and what came out."""
