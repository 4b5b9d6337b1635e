"""Backs up and restores the vector database through its own API. Standard library only."""
