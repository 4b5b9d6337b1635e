from tooling.core.finding import Finding, Severity


def test_a_finding_repeats_no_secret_and_nothing_without_end():
    one = Finding(
        "a-rule", Severity.ERROR, "is hf_SUPERSECRET.", "a.DB_TOKEN=SUPERSECRET", hint="Not sk-SUPERSECRETzz."
    )
    assert str(one) == "error: a.DB_TOKEN=<hidden>: is <hidden>. Not <hidden>. [a-rule]"
    endless = Finding("a-rule", Severity.ERROR, "x" * 10_000)
    assert len(endless.message) < 5_000
    assert str(endless) == f"error: {endless.message} [a-rule]"
