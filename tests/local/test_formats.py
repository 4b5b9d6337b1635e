"""What is written and read in formats of others: certificates, kubeconfigs, images, DNS packets."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tooling.local import dns
from tooling.local.archive import read_references, write_image
from tooling.local.certificates import Authority, Identity
from tooling.local.kubeconfig import render_kubeconfig


def test_certificates_serve_their_hosts_and_name_their_users() -> None:
    from cryptography import x509

    authority = Authority("x")
    certificate = x509.load_pem_x509_certificate(
        authority.issue(Identity("me", ("group",), ("198.18.80.2", "name.local"))).certificate
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert certificate.subject.rfc4514_string() == "CN=me,O=group"
    assert names.get_values_for_type(x509.DNSName) == ["name.local"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["198.18.80.2"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))


def test_a_kubeconfig_points_at_the_node_and_carries_its_keys() -> None:
    authority = Authority("x")
    text = render_kubeconfig(
        cluster="x",
        server="https://198.18.80.2:6443",
        authority=authority.certificate,
        client=authority.issue(Identity("me")),
    )
    data = yaml.safe_load(text)

    assert data["current-context"] == "genai-x"
    assert data["clusters"][0]["cluster"]["server"] == "https://198.18.80.2:6443"
    assert set(data["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}


def test_an_image_of_one_binary_is_the_same_each_time(tmp_path: Path) -> None:
    binary = tmp_path / "tool"
    binary.write_bytes(b"\x7fELF")
    paths = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for path in paths:
        write_image(path, reference="localhost/x:1", binary=binary)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert read_references(paths[0]) == ("localhost/x:1",)
    assert read_references(binary) == ()


def answer(flags: int = 0x8180, addresses: tuple[bytes, ...] = (bytes([10, 96, 0, 1]),)) -> bytes:
    question = dns.encode_question("a.b")
    records = b"".join(b"\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04" + each for each in addresses)
    counts = b"\0\x01" + len(addresses).to_bytes(2, "big") + b"\0\0\0\0"
    return question[:2] + flags.to_bytes(2, "big") + counts + question[12:] + records


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        (answer(), ("10.96.0.1",)),
        (answer(addresses=(bytes([1, 2, 3, 4]), bytes([5, 6, 7, 8]))), ("1.2.3.4", "5.6.7.8")),
        (answer(addresses=()), ()),
        (answer(flags=0x8183), ()),
        (answer(flags=0x0100), ()),
        (b"\0\0" + answer()[2:], ()),
        (b"short", ()),
    ],
    ids=["one", "two", "none", "NXDOMAIN", "a question", "another id", "short"],
)
def test_addresses_are_read_from_a_dns_answer(packet: bytes, found: tuple[str, ...]) -> None:
    assert dns.decode_answer(packet) == found
