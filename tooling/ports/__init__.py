"""One Protocol per outside system, with the data it exchanges."""
