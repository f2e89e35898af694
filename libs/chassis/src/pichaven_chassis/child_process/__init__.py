"""Work that may crash, hang or eat memory, in a process of its own.

`parent` starts one and reads what it says; `child` is its own side, and imports nothing but the
standard library.
"""
