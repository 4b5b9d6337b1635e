"""How much a YAML file may hold: more than people write, less than costs a machine its memory or minutes."""

MAX_DEPTH = 100
MAX_ENTRIES = 100_000
"""How many keys and list items a file may hold: with their places they take some 60 MB."""

MAX_REPEATED = 10_000
"""How many entries a document's aliases may stand for: far more than people write, far less than a bomb makes."""

MAX_EMPTY = 10
"""How many empty documents may follow the values."""

MAX_RATIO = 40
"""How many times its own size a document may grow by aliases; Helm gives up at about a hundred times."""
