from tooling.core.finding import Finding, Severity
from tooling.core.flagged import hide_flagged, hide_texts
from tooling.core.values import Layered, Origin

SCHEMA = {
    "properties": {
        "engine": {"enum": ["llamacpp", "vllm"]},
        "tag": {"not": {"const": "latest"}, "description": "latest is refused."},
        "hosts": {"type": "array", "items": {"type": "string"}},
        "extra": {"additionalProperties": {"type": "string"}},
    }
}


def hidden(message, path, value, *, layer="--set x", more=()):
    layered = Layered({path: value}, {(path,): Origin(layer)} | {(one,): Origin("a.yaml") for one in more})
    finding = Finding("a-rule", Severity.ERROR, message, path, hint=f"Not {message}")
    (one,) = hide_flagged([finding], SCHEMA, layered)
    assert one.hint == f"Not {one.message}"
    return one.message


def test_what_a_flag_has_set_is_not_repeated():
    assert hidden("is hunter2.example, an address.", "hosts", ["hunter2.example"]) == "is <hidden>, an address."
    assert (
        hidden("is hunter2, as hunter22 is.", "hosts", ["hunter2", "hunter22"]) == "is <hidden>, as <hidden> is."
    )
    assert hidden("is hunter2.", "extra", {"a": "hunter2"}) == "is <hidden>."
    assert hidden("is hunter2.", "unknown", "hunter2") == "is <hidden>."
    assert hidden("is 12345678.", "unknown", 12345678) == "is <hidden>."


def test_what_a_file_says_and_what_is_no_secret_is_left():
    assert hidden("is hunter2.", "unknown", "hunter2", layer="mine.yaml") == "is hunter2."
    assert hidden("llamacpp takes no GPU.", "engine", "llamacpp") == "llamacpp takes no GPU."
    assert hidden("latest is refused.", "tag", "latest") == "latest is refused."
    assert hidden("is at least 2.", "unknown", 2) == "is at least 2."
    assert hidden("is not True.", "unknown", True) == "is not True."
    assert hidden("asks model smollm2.", "unknown", "smollm2", more=("smollm2",)) == "asks model smollm2."
    assert hidden("is hunter23.", "unknown", "hunter2") == "is hunter23."


def test_text_of_a_flag_is_hidden_in_a_value():
    value = {"engine": "llamacpp", "hosts": ["hunter2", 2], "unknown": {"a": "hunter2", "b": "", "c": True}}
    shown = {"engine": "llamacpp", "hosts": ["<hidden>", 2], "unknown": {"a": "<hidden>", "b": "", "c": True}}
    assert hide_texts(value, (), SCHEMA, lambda path: True) == shown
    assert hide_texts(value, (), SCHEMA, lambda path: False) == value
