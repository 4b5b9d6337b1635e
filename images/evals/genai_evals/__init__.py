"""Runs a suite of prompts against an endpoint and scores the answers."""
