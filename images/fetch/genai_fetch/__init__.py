"""Brings the weights of a model into a folder, whole or not at all."""
