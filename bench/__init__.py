"""Measurements: each prints a table and stores JSON in bench/results. A bench measures, a test asserts no time."""
