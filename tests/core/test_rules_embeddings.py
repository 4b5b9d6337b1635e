"""Rules on collections and the models that embed for them, as a table of what breaks each."""

from __future__ import annotations

import pytest

from tooling.core.rules.embeddings import find_embedding_findings
from tooling.core.values import Layered, Origin, merge

GOOD = {
    "inference": {
        "models": {
            "bge": {
                "servedName": "vendor/bge",
                "aliases": ["embed"],
                "embedding": {"dimension": 384},
                "with": {"second": {}},
                "lora": {"tone": {}},
            },
            "chat": {"aliases": ["bge", "gpt"]},
            "off": None,
        },
    },
    "vectordb": {"collections": {"Docs": {"model": "bge", "dimension": 384}, "Gone": None}},
}
MODEL, DIMENSION = "vectordb.collections.Docs.model [embedding-model]", "vectordb.collections.Docs.dimension"


def docs(**settings):
    return {"vectordb": {"collections": {"Docs": settings}}}


def bge(**settings):
    return {"inference": {"models": {"bge": settings}}}


TABLE = [
    ({}, []),
    (docs(model="vendor/bge"), []),
    (docs(model="embed"), []),
    (docs(dimension=768), [f"error {DIMENSION} [embedding-dimension]"]),
    (docs(model="embed", dimension=768), [f"error {DIMENSION} [embedding-dimension]"]),
    (bge(embedding={"dimension": 768}), [f"error {DIMENSION} [embedding-dimension]"]),
    (merge(bge(embedding={"dimension": 768}), docs(dimension=768)), []),
    (docs(model="nobody"), [f"error {MODEL}"]),
    (docs(model="off"), [f"error {MODEL}"]),
    (docs(model="chat"), [f"warning {MODEL}"]),
    (docs(model="gpt"), [f"warning {MODEL}"]),
    (docs(model="second"), [f"warning {MODEL}"]),
    (docs(model="tone"), [f"warning {MODEL}"]),
    (bge(**{"with": {"bge": {}}}), []),
    (bge(embedding=None), [f"warning {MODEL}"]),
    (bge(embedding={"dimension": None}), [f"warning {MODEL}"]),
    ({"inference": {"enabled": False}}, [f"error {MODEL}"]),
    (merge(docs(dimension=768), {"vectordb": {"enabled": False}}), []),
    (docs(model=7), []),
    (docs(dimension="many"), []),
    ({"vectordb": {"collections": {"Docs": "text"}}}, []),
    ({"vectordb": {"collections": "text"}}, []),
    ({"vectordb": "broken"}, []),
    ({"inference": "broken"}, [f"error {MODEL}"]),
]


@pytest.mark.parametrize(("change", "expected"), TABLE)
def test_a_rule_finds_what_breaks_it(change, expected):
    found = find_embedding_findings(Layered(merge(GOOD, change)))
    assert [f"{one.severity.value} {one.path} [{one.rule}]" for one in found] == expected


def test_a_finding_points_at_the_collection_names_the_model_and_keeps_the_old_one():
    path = ("vectordb", "collections", "Docs", "dimension")
    (found,) = find_embedding_findings(
        Layered(merge(GOOD, bge(embedding={"dimension": 768})), {path: Origin("values/prod.yaml", 7)})
    )
    assert str(found) == (
        "values/prod.yaml:7: error: vectordb.collections.Docs.dimension: is 384, and"
        " inference.models.bge.embedding.dimension is 768: Docs takes no such vectors."
        " A new dimension means a new collection: serve the model of 768 under a NAME of its own, write"
        " vectordb: {collections: {Docs_768: {model: NAME, dimension: 768}}}, and keep Docs and the model of 384"
        " until nothing reads them. If the vectors in Docs have 768 numbers already, write dimension: 768."
        " [embedding-dimension]"
    )


def test_what_the_message_says_to_write_is_right():
    model = {"bge-768": {"embedding": {"dimension": 768}}}
    collection = {"Docs_768": {"model": "bge-768", "dimension": 768}}
    values = merge(GOOD, {"inference": {"models": model}, "vectordb": {"collections": collection}})
    assert not find_embedding_findings(Layered(values))


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ({}, "Add it to inference.models with embedding: {dimension: 384}, or name one that embeds: bge."),
        ({"bge": {"embedding": None}}, "Add it to inference.models with embedding: {dimension: 384}."),
    ],
)
def test_an_unknown_model_is_told_with_those_that_embed(models, expected):
    (found,) = find_embedding_findings(
        Layered(merge(GOOD, merge({"inference": {"models": models}}, docs(model="nobody"))))
    )
    assert found.hint == expected
