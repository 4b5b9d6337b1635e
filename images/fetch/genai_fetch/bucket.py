"""Weights from a bucket that speaks S3."""

from __future__ import annotations

import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .errors import FetchError

AWS = "https://s3.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Bucket:
    """What to bring: everything below `prefix`. Without keys, the pod's own identity is used."""

    name: str
    prefix: str
    endpoint: str = AWS
    region: str = ""
    access_key: str = ""
    secret_key: str = ""

    def __str__(self) -> str:
        return f"s3://{self.name}/{self.prefix}"


def read_uri(uri: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`; the prefix ends with a slash unless it is empty."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise FetchError(f"{uri} is no address in S3. Write s3://BUCKET/PREFIX.")
    prefix = parts.path.strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


def bring(bucket: Bucket, folder: Path, workers: int) -> None:
    """Download every object and check its size against the listing."""
    minio, urllib3 = importlib.import_module("minio.error"), importlib.import_module("urllib3.exceptions")
    try:
        client = _connect(bucket)
        objects = [
            entry for entry in client.list_objects(bucket.name, bucket.prefix, recursive=True) if not entry.is_dir
        ]
        wanted = {_place(folder, bucket, entry.object_name): entry for entry in objects}
        if not wanted:
            raise FetchError(f"{bucket} holds no objects. Write the prefix below which the weights lie.")
        size = sum(entry.size for entry in wanted.values())
        sys.stderr.write(f"{bucket}: {len(wanted)} files, {size / 1e9:.2f} GB\n")
        with ThreadPoolExecutor(workers) as pool:
            for path in pool.map(lambda item: _take(client, bucket, *item), wanted.items()):
                sys.stderr.write(f"{path.relative_to(folder)}\n")
    except ValueError as error:  # a name, region or endpoint that cannot be one
        raise FetchError(f"{bucket}: {error}. Look at the address, the region and the endpoint.") from error
    except minio.S3Error as error:
        raise FetchError(
            f"{bucket}: {error.code}: {error.message} Look at the keys' rights, the region and the endpoint."
        ) from error
    except (minio.MinioException, urllib3.HTTPError) as error:
        raise FetchError(
            f"{bucket}: {bucket.endpoint} gave no usable answer. Look at the endpoint and the network policy."
        ) from error


def _connect(bucket: Bucket) -> Any:
    minio = importlib.import_module("minio")
    address = urlsplit(bucket.endpoint)
    return minio.Minio(
        address.netloc,
        access_key=bucket.access_key or None,
        secret_key=bucket.secret_key or None,
        secure=address.scheme == "https",
        region=bucket.region or None,
        credentials=None if bucket.access_key else _find_identity(bucket),
        http_client=_find_proxy(address.scheme, address.hostname or ""),
    )


def _find_identity(bucket: Bucket) -> Any:
    """The pod's own identity, which has answered."""
    identity, urllib3 = importlib.import_module("minio.credentials"), importlib.import_module("urllib3.exceptions")
    found = identity.ChainedProvider([identity.EnvAWSProvider(), identity.IamAwsProvider()])
    try:
        found.retrieve()
    except (ValueError, urllib3.HTTPError) as error:
        raise FetchError(
            f"{bucket}: no keys. Name a Secret with them (existingSecret), or give the pods an identity."
        ) from error
    return found


def _find_proxy(scheme: str, host: str) -> Any:
    """A client that goes through $HTTPS_PROXY or $HTTP_PROXY, which the library does not look at; None without."""
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(host):
        return None
    urllib3 = importlib.import_module("urllib3")
    authorities = os.environ.get("SSL_CERT_FILE") or importlib.import_module("certifi").where()
    retries = urllib3.Retry(total=5, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
    return urllib3.ProxyManager(
        proxy, ca_certs=authorities, timeout=urllib3.Timeout(connect=30, read=300), retries=retries
    )


def _place(folder: Path, bucket: Bucket, key: str) -> Path:
    """Where an object goes. A key can hold anything, `..` too."""
    name = PurePosixPath(key.removeprefix(bucket.prefix))
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise FetchError(
            f"{bucket} holds an object named {key!r}, which is no file name below a folder. Delete it there."
        )
    return folder / name


def _take(client: Any, bucket: Bucket, path: Path, entry: Any) -> Path:
    if path.is_file() and path.stat().st_size == entry.size:
        return path  # brought by an attempt that was cut off later
    path.parent.mkdir(parents=True, exist_ok=True)
    client.fget_object(bucket.name, entry.object_name, str(path))
    size = path.stat().st_size
    if size != entry.size:
        path.unlink()
        raise FetchError(
            f"{entry.object_name} has {size} bytes and should have {entry.size}. It will be tried again."
        )
    return path
