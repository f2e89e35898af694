"""Files as sources of pixels and of the blocks of metadata in them, whatever reads them."""
