"""The library by time: exact counts for each month, and pages of photos."""
