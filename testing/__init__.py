"""What tests, demo, benchmarks and training share. No part of the product imports it."""
