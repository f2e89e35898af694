"""Originals: resumable uploads, duplicates, quota, and the stored objects that photos share."""
