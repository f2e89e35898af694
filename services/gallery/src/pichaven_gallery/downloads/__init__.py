"""Downloads: the originals of many photos as one ZIP file, made while it is sent."""
