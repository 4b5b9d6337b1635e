"""Memory of a model that serves, from its facts: docs/size.md."""
