"""What is true of photos, without any I/O."""
