"""Upstream: sources are fetched, checked before they are accepted, kept by their hash, and pinned in the lock."""
