"""Use cases. They see ports and core, never an adapter; `apply` is the only caller of mutating port methods."""
