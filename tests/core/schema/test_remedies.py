"""What was meant by a text that does not fit: small changes only, and only what then fits."""

import pytest

from tooling.core.schema.remedies import correct

DURATION = {"pattern": "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$"}
QUANTITY = {"pattern": "^[0-9]+([.][0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$"}
NAME = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 9}
HOST = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"}
RANGE = {"pattern": "^[0-9a-fA-F:.]+/[0-9]{1,3}$"}
BLANK = {"pattern": r"[^ \t\r\n]"}
TAG = {"pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"}
DIGEST = {"pattern": "^sha256:[a-f0-9]{4}$"}


@pytest.mark.parametrize(
    ("node", "text", "meant"),
    [
        (DURATION, "10 m", "10m"),
        (DURATION, "10min", "10m"),
        (DURATION, "2 Hours", "2h"),
        (DURATION, "2d", "48h"),
        (DURATION, "1.5d", ""),
        (DURATION, f"{'9' * 5000} days", ""),
        (DURATION, "300", "300s"),
        (DURATION, "ten minutes", ""),
        (QUANTITY, "1,5Gi", "1.5Gi"),
        (QUANTITY, "2GB", "2G"),
        (QUANTITY, "512mb", "512M"),
        (QUANTITY, "512 Mib", "512Mi"),
        (QUANTITY, "4gi", "4Gi"),
        (QUANTITY, "500KB", "500k"),
        (QUANTITY, "1 B", "1"),
        (NAME, "SmolLM2", "smollm2"),
        (NAME, "my_model", "my-model"),
        (NAME, "My Own Model", ""),
        (NAME, " smollm2\n", "smollm2"),
        (NAME, "fits", ""),
        (NAME, "///", ""),
        (HOST, "https://chat.example.com/v1", "chat.example.com"),
        (HOST, "chat.example.com:443", "chat.example.com"),
        (RANGE, "10.0.0.1", "10.0.0.1/32"),
        (RANGE, "fd00::1", "fd00::1/128"),
        (RANGE, "here", ""),
        (DIGEST, "00ff", "sha256:00ff"),
        (BLANK, "  ", ""),
        (TAG, "v1@sha256:abc", "v1"),
        ({"pattern": "[^ ]"}, "", ""),
        ({"pattern": "^https?://[^/]+$"}, "llm.example.com", "https://llm.example.com"),
        ({"pattern": "^/[a-z]+$"}, "data", "/data"),
        ({"pattern": "^[a-z]+/[a-z]+$"}, "/models/qwen", "models/qwen"),
        ({"pattern": "^[A-Z_]+$"}, "MY-VAR", "MY_VAR"),
        ({"pattern": "^[0-9.]+$"}, "gateway:1.2", "1.2"),
        ({}, "anything", ""),
    ],
)
def test_a_small_change_that_fits_is_suggested(node, text, meant):
    assert correct(node, text) == meant
