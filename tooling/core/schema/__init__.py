"""The schema of the values: its keys, what does not fit it, and what a person is told of that."""
