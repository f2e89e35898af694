"""The build of pichaven-photo: `make photo-model`."""
