"""Rules on what is kept: weights, the database's backups, and suites of prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tooling.core.finding import Finding, Severity
from tooling.core.quantity import parse_quantity
from tooling.core.rules.workloads import is_on
from tooling.core.values import KeyPath, Layered, pick, place_finding, table


def find_data_findings(layered: Layered) -> tuple[Finding, ...]:
    """Check effective values; a part whose shape the schema refuses is passed over without an error."""
    found: list[Finding] = []
    if is_on(layered.values, "inference"):
        found += _check_weights(layered)
    if is_on(layered.values, "vectordb"):
        found += [*_check_backup(layered), *_check_copies(layered)]
    if is_on(layered.values, "evals"):
        found += [*_check_suites(layered), *_check_wanted(layered)]
    return tuple(found)


def _check_weights(layered: Layered) -> Iterator[Finding]:
    weights, path = table(layered.values, "inference", "weights"), ("inference", "weights", "accessMode")
    if weights.get("enabled") is not True:
        return
    if weights.get("accessMode") == "ReadWriteOnce" and weights.get("singleNode") is not True:
        message = "is ReadWriteOnce: one node at a time can mount the claim, and pods of two slots run on several."
        hint = "Write inference: {weights: {accessMode: ReadWriteMany}}, or {singleNode: true} for one node."
        yield place_finding(layered.origins, path, message, rule="weights-access", hint=hint)
    if weights.get("accessMode") == "ReadOnlyMany" and not weights.get("existingClaim"):
        message = "is ReadOnlyMany, and no existingClaim is named: nothing could write weights to a new claim."
        hint = "Write inference: {weights: {existingClaim: NAME}} for a filled one, or accessMode: ReadWriteMany."
        yield place_finding(layered.origins, path, message, rule="weights-access", hint=hint)


def _check_backup(layered: Layered) -> Iterator[Finding]:
    database = table(layered.values, "vectordb")
    backup = table(database, "backup")
    here: KeyPath = ("vectordb", "backup")
    if backup.get("enabled") is not True:
        if pick(database, "restore", "from"):
            message = "names a backup, and vectordb.backup says nowhere to read it from."
            hint = "Write vectordb: {backup: {enabled: true}} with the target that holds it."
            yield place_finding(
                layered.origins, ("vectordb", "restore", "from"), message, rule="backup-target", hint=hint
            )
        return
    replicas = database.get("replicas")
    if backup.get("target") == "filesystem":
        if isinstance(replicas, int) and replicas > 1:
            message = (
                f"is filesystem, and vectordb.replicas is {replicas}: Weaviate backs up several nodes to S3 only."
            )
            hint = "Write vectordb: {backup: {target: s3, s3: {bucket: NAME}}}."
            yield place_finding(layered.origins, (*here, "target"), message, rule="backup-target", hint=hint)
        yield from _check_room(layered)
    elif backup.get("target") == "s3" and not pick(backup, "s3", "bucket"):
        message = "is empty, and vectordb.backup.target is s3."
        hint = "Write vectordb: {backup: {s3: {bucket: NAME}}}."
        yield place_finding(layered.origins, (*here, "s3", "bucket"), message, rule="backup-target", hint=hint)


def _check_room(layered: Layered) -> Iterator[Finding]:
    """The volume holds so many copies of the data, and the one that is being made."""
    backup, data = table(layered.values, "vectordb", "backup"), table(layered.values, "vectordb", "persistence")
    keep, size = backup.get("keep"), parse_quantity(pick(backup, "filesystem", "size"))
    held = parse_quantity(data.get("size"))
    if pick(backup, "filesystem", "existingClaim") or not isinstance(keep, int) or size is None or held is None:
        return
    if size < held * (keep + 1):
        message = f"is less than {keep + 1} times vectordb.persistence.size: {keep} backups stay beside a new one."
        hint = "Raise it, or lower vectordb.backup.keep."
        path = ("vectordb", "backup", "filesystem", "size")
        yield place_finding(
            layered.origins, path, message, rule="backup-room", severity=Severity.WARNING, hint=hint
        )


def _check_copies(layered: Layered) -> Iterator[Finding]:
    database = table(layered.values, "vectordb")
    copies, replicas = database.get("minimumReplicationFactor"), database.get("replicas")
    if isinstance(copies, int) and isinstance(replicas, int) and copies > replicas:
        message = f"is {copies}, and vectordb.replicas is {replicas}: no collection could be made."
        hint = f"Write vectordb: {{minimumReplicationFactor: {replicas}}}, or replicas: 3."
        yield place_finding(
            layered.origins, ("vectordb", "minimumReplicationFactor"), message, rule="vectordb-copies", hint=hint
        )


def _check_suites(layered: Layered) -> Iterator[Finding]:
    for name, suite in _find_suites(layered).items():
        path: KeyPath = ("evals", "suites", name)
        sources = sorted(kind for kind, source in table(suite, "dataset").items() if source is not None)
        if len(sources) > 1:
            message = f"has {' and '.join(sources)}, and takes one of them."
            hint = f"Write evals: {{suites: {{{name}: {{dataset: {{{sources[-1]}: null}}}}}}}}."
            yield place_finding(layered.origins, (*path, "dataset"), message, rule="suite-source", hint=hint)
        elif not sources and not suite.get("prompts"):
            prompt = '{id: sum, prompt: "What is 2+2?", expect: {contains: "4"}}'
            hint = f"Write evals: {{suites: {{{name}: {{prompts: [{prompt}]}}}}}}."
            yield place_finding(
                layered.origins, path, "has no prompts and no dataset.", rule="suite-source", hint=hint
            )
        prompts = suite.get("prompts") if not sources else None
        names = [pick(one, "id") for one in prompts] if isinstance(prompts, list) else []
        for index, one in enumerate(names):
            if one in names[:index]:
                message = f"has the id {one}, as another prompt of the suite has."
                yield place_finding(
                    layered.origins,
                    (*path, "prompts", index, "id"),
                    message,
                    rule="suite-ids",
                    hint="Give it an id of its own.",
                )


def _check_wanted(layered: Layered) -> Iterator[Finding]:
    evals, suites = table(layered.values, "evals"), _find_suites(layered)
    wanted: dict[KeyPath, object] = {("evals", "suite"): evals.get("suite")}
    for name, run in table(evals, "onDemand").items():
        wanted[("evals", "onDemand", name, "suite")] = pick(run, "suite")
    for path, suite in wanted.items():
        if isinstance(suite, str) and suite and suite not in suites:
            message = f"is `{suite}`, which evals.suites does not have, or has off."
            known = (
                f"Known are: {', '.join(suites)}." if suites else f"Write evals: {{suites: {{{suite}: {{...}}}}}}."
            )
            yield place_finding(layered.origins, path, message, rule="suite-unknown", hint=known)
    models = table(layered.values, "gateway", "models") if is_on(layered.values, "gateway") else {}
    offered = set(models)
    for model in models.values():
        aliases = pick(model, "aliases")
        offered |= {one for one in aliases if isinstance(one, str)} if isinstance(aliases, list) else set()
    for name, suite in suites.items():
        if models and not evals.get("endpoint") and suite.get("model") and suite["model"] not in offered:
            message = f"is `{suite['model']}`, which the gateway does not offer."
            hint = f"Known are: {', '.join(sorted(offered))}."
            yield place_finding(
                layered.origins,
                ("evals", "suites", name, "model"),
                message,
                rule="suite-model",
                severity=Severity.WARNING,
                hint=hint,
            )


def _find_suites(layered: Layered) -> dict[str, Mapping[str, object]]:
    """Suites that are there and on, by name."""
    suites = table(layered.values, "evals", "suites")
    return {
        name: suite
        for name, suite in suites.items()
        if isinstance(suite, Mapping) and suite.get("enabled") is not False
    }
