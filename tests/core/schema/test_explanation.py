"""What is said of a value that does not fit: what is there, what to write, and nothing twice."""

import pytest

from tooling.core.schema.explanation import tell
from tooling.core.schema.misfit import Misfit
from tooling.core.schema.words import describe_limits, describe_types, show

WHERE = ("gateway", "key")
STEP = {"oneOf": [{"required": ["weight"]}, {"required": ["approval"], "properties": {"hold": False}}, True]}
ITEMS = {"type": "array", "items": {"required": ["name"], "properties": {"name": {}}}}


NINES = "9" * 5000
"""More digits than `int` reads."""


def misfit(keyword, value=None, wanted=None, **node):
    return Misfit(WHERE, keyword, value, wanted, node)


def said(*misfits, schema=None):
    return [
        f"{'.'.join(map(str, one.path))}: {one.message} {one.hint}".strip() for one in tell(schema or {}, misfits)
    ]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (misfit("type", "2", type="integer"), 'must be a whole number, not "2". Write it without quotes.'),
        (misfit("type", "-2.5", type="number"), 'must be a number, not "-2.5". Write it without quotes.'),
        (misfit("type", "True", type="boolean"), 'must be true or false, not "True". Write it without quotes.'),
        (misfit("type", 1, type="boolean"), "must be true or false, not 1. Write `key: true` or `key: false`."),
        (
            misfit("type", "x", type="integer"),
            'must be a whole number, not "x". Write a number, such as `key: 1`.',
        ),
        (
            misfit("type", "10%", type="integer"),
            'must be a whole number, not "10%". Write a number, such as `key: 10`.',
        ),
        (
            misfit("type", "8k", type="integer"),
            'must be a whole number, not "8k". Write a number, such as `key: 8192`.',
        ),
        (
            misfit("type", "b:2", type="object", properties={"b": {}}),
            'must be a map, not "b:2". Write a space after the colon: `b: 2`.',
        ),
        (
            misfit("type", "c:2", type="object", properties={"b": {}}),
            'must be a map, not "c:2". Its keys are: b.',
        ),
        (
            misfit("type", "password:hunter2", type="object", properties={"password": {}}),
            "must be a map. Write a space after the colon: `password: ...`.",
        ),
        (misfit("pattern", "  ", r"[^ \t\r\n]", pattern=r"[^ \t\r\n]"), "must not be blank."),
        (
            misfit("type", f"{NINES}%", type="integer"),
            "must be a whole number. Write a number, such as `key: 1`.",
        ),
        (
            misfit("type", 300, type="string", pattern="^[0-9]+s$"),
            "must be text, not 300. Did you mean `300s`?",
        ),
        (
            misfit("type", True, type="integer", minimum=3),
            "must be a whole number, not true. Write a number, such as `key: 3`.",
        ),
        (
            misfit("type", 1.1, type="string"),
            "must be text, not 1.1. Write it in quotes: without that it is read as a number.",
        ),
        (
            misfit("type", False, type=["string", "null"]),
            "must be text or null, not false. Write it in quotes: without that it is read as true or false.",
        ),
        (misfit("type", [1], type="string"), "must be text, not a list. Write one value: `key: ...`."),
        (
            misfit("type", [], type="object", additionalProperties={}),
            "must be a map, not a list. Entries have names here: `key: {NAME: ...}` instead of a dash.",
        ),
        (
            misfit("type", 1, type="object", properties={"b": {}, "a": {}}),
            "must be a map, not 1. Its keys are: a, b.",
        ),
        (
            misfit("type", 1, type="object", description="What it is."),
            "must be a map, not 1. What it is.",
        ),
        (
            misfit("type", None, type="object"),
            "must be a map, not null."
            " There is nothing below the key: write what belongs there, or take the key out.",
        ),
        (
            misfit("type", None, type="string"),
            "must be text, not null. There is nothing after the colon: write a value, or take the key out.",
        ),
        (misfit("type", "a", type="array"), 'must be a list, not "a". Write a list: `key: ["a"]`.'),
        (misfit("type", {}, type="array"), "must be a list, not a map. Write a list: `key: [...]`."),
        (
            misfit("type", {}, **ITEMS),
            "must be a list, not a map."
            " Write a list: `key: [{name: ...}]`, or lines below it that begin with a dash.",
        ),
        (misfit("enum", "b", ["a"]), 'must be "a", not "b".'),
        (misfit("enum", 1, ["a", "b"]), 'must be one of "a", "b", not 1.'),
        (
            misfit("enum", "canry", ["canary", "no"]),
            'must be one of "canary", "no", not "canry". Did you mean `canary`?',
        ),
        (misfit("const", 6, 5), "must be 5, not 6."),
        (misfit("minimum", 0, 1, description="Pods."), "must be at least 1, not 0. Pods."),
        (misfit("maxLength", "abc", 2), "must have at most 2 characters, not 3."),
        (misfit("minItems", [], 1), "must not be empty."),
        (misfit("maxProperties", {"a": 1, "b": 2}, 1), "must have at most 1 key, not 2."),
        (misfit("uniqueItems", [1, 2, 1]), "has 1 twice."),
        (misfit("pattern", "B", "^a$", pattern="^a$"), 'does not match ^a$: "B".'),
        (
            misfit("pattern", "1 h", "^[0-9]h$", pattern="^[0-9]h$", title="A duration"),
            'must be a duration, not "1 h". Did you mean `1h`?',
        ),
        (
            misfit("pattern", "soon", "^[0-9]h$", title="URL", description="When.", examples=["1h", "2h"]),
            'must be URL, not "soon". When. Such as 1h, 2h.',
        ),
        (misfit("not", "latest", {"const": "latest"}), 'must not be "latest".'),
        (misfit("not", "tmp", {"enum": ["tmp", "x"]}), 'must not be "tmp": tmp, x are taken.'),
        (misfit("not", "a", {"pattern": "a"}), 'must not be "a".'),
        (misfit("falseSchema", 1), "is not allowed beside the other keys here. Take it out."),
        (misfit("contains", [1]), "does not fit the schema's `contains`."),
        (
            misfit("required", {}, "name", properties={"name": {"description": "Its name."}}),
            "the key `name` is missing. Its name.",
        ),
    ],
)
def test_a_misfit_is_told_with_what_to_write(one, text):
    assert said(one) == [f"gateway.key: {text}"]


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Misfit(("password",), "pattern", "hunter2", "^x", {"pattern": "^x"}), "password: does not match ^x."),
        (Misfit(("token",), "uniqueItems", [1, 1]), "token: has the same item twice."),
        (Misfit(("token",), "not", "a", {"pattern": "a"}), "token: has a value that is not allowed."),
        (
            Misfit(("token",), "type", "a", None, {"type": "array"}),
            "token: must be a list. Write a list: `token: [...]`.",
        ),
    ],
)
def test_a_secret_is_never_shown(one, text):
    assert said(one) == [text]


def test_flags_are_told_of_flags():
    number = Misfit(("tag",), "type", 1, None, {"type": "string"}, is_flag=True)
    text = Misfit(("replicas",), "type", "1", None, {"type": "integer"}, is_flag=True)
    assert said(number, text) == [
        "tag: must be text. Use --set-string instead of --set: without that it is read as a number.",
        "replicas: must be a whole number. Use --set instead of --set-string.",
    ]


def test_items_of_a_list_have_no_colon():
    item = Misfit(("hosts", 0), "type", None, None, {"type": "string"})
    assert said(item) == [
        "hosts.0: must be text, not null. There is nothing in this item: write what belongs there, or take it out."
    ]


def test_names_are_told_by_their_form():
    schema = {"pattern": "^[a-z-]+$", "title": "A name of small letters"}
    named = Misfit(("models",), "pattern", {}, "^[a-z-]+$", schema, name="My_Model")
    long = Misfit(("models",), "maxLength", {}, 2, {"description": "A model."}, name="abc")
    assert said(named, long) == [
        "models.My_Model: is not a name of small letters, as keys are here. Did you mean `my-model`?",
        "models.abc: the name must have at most 2 characters, not 3. A model.",
    ]


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("gateway.replicas", 2, "Write `gateway: {replicas: 2}`: only --set knows a key by its dots."),
        ("gateway.image.tag", "", 'Write `gateway: {image: {tag: ""}}`: only --set knows a key by its dots.'),
        ("gateway.token", "hunter2", "Write `gateway: {token: ...}`: only --set knows a key by its dots."),
        ("gateway.image", {"tag": 1}, "Write `gateway: {image: ...}`: only --set knows a key by its dots."),
        ("gateway.nothing", 2, "Did you mean `gateway`?"),
        ("gateway..", 2, "Did you mean `gateway`?"),
    ],
)
def test_a_key_with_dots_is_told_as_maps(key, value, hint):
    known = {"replicas": {}, "token": {}, "image": {"properties": {"tag": {}}}}
    schema = {"properties": {"gateway": {"properties": known}}}
    told = tell(schema, [Misfit((), "additionalProperties", {key: value}, [key], schema)])
    assert [one.hint for one in told] == [hint]


def test_nothing_is_said_twice():
    schema = {"properties": {"weight": {}, "hold": {}}}
    mistyped = Misfit((), "additionalProperties", {"wieght": 1}, ["wieght"], schema)
    missing = Misfit((), "required", {"wieght": 1}, "weight", schema)
    assert said(mistyped, missing, schema=schema) == ["wieght: is not a known key. Did you mean `weight`?"]
    wrong = [misfit("type", 5, type="string"), misfit("enum", 5, ["a", "b"])]
    assert said(*wrong) == ['gateway.key: must be one of "a", "b", not 5.']
    empty = [misfit("pattern", "", "^a", pattern="^a"), misfit("minLength", "", 1)]
    assert said(*empty) == ["gateway.key: must not be empty."]
    named = [
        Misfit(("limits",), "pattern", {}, "^c$", {"title": "A resource"}, name="5Gi"),
        Misfit(("limits", "5Gi"), "type", None, None, {"type": "string"}),
    ]
    assert said(*named) == ["limits.5Gi: is not a resource, as keys are here."]


def branch(value, *branches, keyword="oneOf", node=STEP):
    return Misfit(("steps", 0), keyword, value, None, node, branches)


def test_a_choice_of_keys_is_told_as_one():
    assert said(branch({})) == ["steps.0: one of `weight` or `approval` is missing. Write one of them."]
    any_of = branch({}, keyword="anyOf", node={"anyOf": STEP["oneOf"][:1]})
    assert said(any_of) == ["steps.0: one of `weight` is missing. Write at least one of them."]
    both = branch({"weight": 1, "approval": {}})
    assert said(both) == ["steps.0: has `weight` and `approval`: only one of them may be there."]


def test_of_several_forms_the_likeliest_is_explained():
    held = Misfit(("steps", 0, "hold"), "falseSchema", "5m", None, {})
    missing = Misfit(("steps", 0), "required", {}, "weight", {})
    found = said(branch({"approval": {}, "hold": "5m"}, (missing,), (held,), ()))
    assert found == ["steps.0.hold: is not allowed beside the other keys here. Take it out."]
    unknown = Misfit(("steps", 0), "additionalProperties", {"x": 1}, ["x"], {})
    assert said(branch({"x": 1}, (unknown,), (missing, missing))) == ["steps.0.x: is not a known key."]
    assert said(branch(5, node={"oneOf": []})) == []


def test_a_choice_of_numbers_is_told_in_one_sentence():
    node = {"anyOf": [{"const": 0}, {"minimum": 128}], "description": "Tokens."}
    assert said(branch(5, keyword="anyOf", node=node)) == ["steps.0: must be 0 or at least 128, not 5. Tokens."]
    mixed = {"anyOf": [{"const": 0}, {"type": "string"}]}
    inner = Misfit(("steps", 0), "type", 5, None, {"type": "string"})
    assert said(branch(5, (inner,), keyword="anyOf", node=mixed)) == [
        "steps.0: must be text, not 5. Write it in quotes: without that it is read as a number."
    ]


def test_a_schema_is_described_in_words():
    assert describe_types({"type": ["object", "null"]}) == "a map or null"
    assert describe_types({}) == ""
    node = {"enum": ["a"], "minimum": 1, "maxItems": 2, "minLength": 1, "pattern": "^x", "examples": ["x1"]}
    assert describe_limits(node) == (
        'one of "a"',
        "at least 1",
        "at least 1 character",
        "at most 2 items",
        "matching ^x",
        "such as x1",
    )
    assert describe_limits({"title": "A name", "pattern": "^x"}) == ("a name",)
    assert describe_limits({"properties": {"a": {}}}) == ("with the keys a",)
    assert describe_limits({"additionalProperties": {}}) == ("with names of your choice as keys",)
    assert describe_limits({}) == ()


def test_values_are_shown_in_short():
    assert show("x" * 100) == f'"{"x" * 39}..."'
    assert show(10**100) == f"1{'0' * 39}..."
    assert show({}) == "a map"
    assert show("http://u:p@h") == '"http://***@h"'
