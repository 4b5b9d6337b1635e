"""Policies: our own rules on manifests that live together, and what those add up to."""
