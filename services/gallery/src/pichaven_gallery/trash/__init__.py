"""The trash: its list, purging one photo, emptying it."""
