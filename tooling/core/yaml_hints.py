"""What to do about a values file that cannot be read, by what the reader says of it."""

from __future__ import annotations

_ADVICE = (
    ("cannot start any token", "Indent with spaces, not with tabs; text that begins with @ or ` needs quotes."),
    ("a space is missing", "Write `key: value`, with a space after the colon."),
    ("the quote that begins here", "Write the quote that ends the text."),
    ("a comma is missing", "Write the bracket, or the comma, that is missing."),
    ("mapping values are not allowed", "Align the keys of one map; text with a colon and a space needs quotes."),
    ("did not find expected key", "Align the keys of one map, and mix no lines with them that begin with a dash."),
    ("did not find expected '-' indicator", "Align the dashes of one list, and indent what belongs to an item."),
    ("block sequence entries are not allowed", "Begin the list in the line below its key."),
    ("block mapping", "Align the keys of one map."),
    ("scanning a directive", "Text that begins with % needs quotes."),
    ("could not find expected ':'", "Write `key: value`, with a space after the colon."),
    ("found undefined tag handle", "Take out what begins with !, or put the text in quotes."),
    ("control characters are not allowed", "Take the control character out, or save the file as UTF-8 text."),
    ("there is no anchor", "Put text that begins with * in quotes, or write the anchor (&name) above this line."),
    ("is there twice", "Take one of the two out, or put what they say together."),
    ("values must be a map", "Write `key: value` lines, without a dash, and with a space after each colon."),
    ("a key must be text", "Write a name before the colon. Values are no template: {{ ... }} is not replaced."),
    ("the tag", "Take the tag out, and put text in quotes."),
    ("takes over maps only", "Write `<<: *anchor` with the anchor of a map."),
    ("no number that Helm", "Write a number with digits."),
    ("another document begins", "Put each into a file of its own: -f one.yaml -f two.yaml."),
    ("follows the end of the document", "Take out the line `...`, or what follows it."),
    ("empty documents follow", "Take out the lines `---`."),
    ("too many findings", "Mend these first."),
    ("contains itself", "Write out what is repeated: an anchor cannot stand inside of what it names."),
    ("lines with %", "Take out the lines that begin with %."),
    ("does not know the escape", "Write the sign itself, without a backslash."),
    ("question mark", "Put the text in quotes."),
    ("a tag without a value", "Take the tag out, or write '' after it."),
    ("does not fit its tag", "Take the tag out, or put the text in quotes."),
    ("the key is a number", "Put the key in quotes."),
    ("nested deeper", "Nobody writes that by hand: look for what made the file."),
    ("aliases stand for", "Write out what is repeated, or repeat less."),
    ("larger than", "Values hold settings; keep data in files of their own."),
    ("holds more than", "Values hold settings; keep data in files of their own."),
    ("not UTF-8", "Save the file as UTF-8 text."),
    ("cannot be read", "Check the name and the rights of the file."),
)
_LAST_RESORT = "Correct it here or in the lines before."


def advise_reader(message: str) -> str:
    """Return what to do about a message of the reader of values files."""
    return next((advice for sign, advice in _ADVICE if sign in message), _LAST_RESORT)
