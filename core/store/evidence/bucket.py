"""A bucket of an S3-compatible store: objects by key, each error an OSError.

Every request has short timeouts, and bytes travel with a checksum that the other side compares.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import importlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import parse_qs, unquote, urlsplit

from core.config import SettingsError
from core.domain.downloads import disposition

#: Larger files travel in pieces of this size, so that memory does not grow with the file. S3 takes at least 5 MiB.
PIECE = 8 * 1024 * 1024
_READ = 256 * 1024
_GONE = {"404", "NoSuchKey", "NotFound", "NoSuchUpload"}


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the store itself describes it."""

    size: int
    etag: str
    checksum: str
    age: float


class Bucket:
    """Where a URL ``s3://BUCKET/PREFIX?endpoint=…&region=…&addressing=…`` points to."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.name = parts.netloc
        self.prefix = f"{unquote(parts.path).strip('/')}/".lstrip("/")
        self._errors: tuple[type[Exception], ...]
        self._client = self._connect(options)

    def _connect(self, options: dict[str, str]) -> Any:
        """The client; nothing is asked yet. The library is needed only where evidence lies in S3."""
        try:
            boto3, config = importlib.import_module("boto3"), importlib.import_module("botocore.config")
            said = importlib.import_module("botocore.exceptions")
        except ImportError:
            raise SettingsError(
                "DUDAO_EVIDENCE_URL names an S3 store, and the package boto3 is missing: pip install 'dudao[s3]'"
            ) from None
        self._errors = (said.BotoCoreError, said.ClientError)
        addressing = options.get("addressing", "path" if "endpoint" in options else "auto")
        return boto3.session.Session().client(
            "s3",
            endpoint_url=options.get("endpoint"),
            region_name=options.get("region"),
            config=config.Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"total_max_attempts": 2, "mode": "standard"},
                signature_version="s3v4",
                # Ours are given with each request; the library's own need a kind of body that other makers' stores refuse.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": addressing},
            ),
        )

    def _ask(self, operation: str, **arguments: Any) -> Any:
        """One request; raises FileNotFoundError where there is no such object, else OSError where it fails."""
        with self._translated():
            return getattr(self._client, operation)(Bucket=self.name, **arguments)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            answer = getattr(error, "response", None) or {}
            code = str(answer.get("Error", {}).get("Code", ""))
            if code in _GONE:
                raise FileNotFoundError(errno.ENOENT, str(error)) from error
            raise OSError(errno.EIO, f"the S3 store failed: {error}") from error

    def head(self, key: str) -> Found:
        answer = self._ask("head_object", Key=self.prefix + key, ChecksumMode="ENABLED")
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(said) if said else datetime.now(UTC)
        return Found(
            answer["ContentLength"],
            answer["ETag"],
            answer.get("ChecksumSHA256", ""),
            # By the store's own clock, which may differ from ours.
            (now - answer["LastModified"]).total_seconds(),
        )

    def send(self, key: str, source: BinaryIO, size: int) -> str:
        """Send a file; says the checksum that the store must show for it."""
        if size > PIECE:
            return self._send_in_pieces(self.prefix + key, source)
        content = source.read()
        checksum = _checksum(content)
        self._ask(
            "put_object",
            Key=self.prefix + key,
            Body=content,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=checksum,
        )
        return checksum

    def _send_in_pieces(self, key: str, source: BinaryIO) -> str:
        upload = self._ask("create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
        parts: list[dict[str, Any]] = []
        try:
            while content := source.read(PIECE):
                number, checksum = len(parts) + 1, _checksum(content)
                answer = self._ask(
                    "upload_part",
                    Key=key,
                    UploadId=upload,
                    PartNumber=number,
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=checksum,
                )
                parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
            self._ask("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(OSError):
                self._ask("abort_multipart_upload", Key=key, UploadId=upload)
            raise
        whole = b"".join(base64.b64decode(part["ChecksumSHA256"]) for part in parts)
        return f"{_checksum(whole)}-{len(parts)}"

    def abort_leftovers(self, older_than: float) -> int:
        """Give up uploads in pieces that nobody ended, e.g. of a process that was killed; says how many."""
        answer = self._ask("list_multipart_uploads", Prefix=self.prefix)
        left = 0
        for upload in answer.get("Uploads", []):
            if (datetime.now(UTC) - upload["Initiated"]).total_seconds() >= older_than:
                self._ask("abort_multipart_upload", Key=upload["Key"], UploadId=upload["UploadId"])
                left += 1
        return left

    def open(self, key: str) -> BinaryIO:
        """An object to read, seekable; raises FileNotFoundError where it is missing."""
        found = self.head(key)
        return cast(
            "BinaryIO",
            io.BufferedReader(_Reader(lambda at: self._stream(key, at, found.etag), found.size), _READ),
        )

    @contextmanager
    def _stream(self, key: str, at: int, etag: str) -> Iterator[Callable[[int], bytes]]:
        body = self._ask("get_object", Key=self.prefix + key, Range=f"bytes={at}-", IfMatch=etag)["Body"]

        def read(size: int) -> bytes:
            with self._translated():
                return cast("bytes", body.read(size))

        try:
            yield read
        finally:
            body.close()

    def delete(self, key: str) -> None:
        """Remove an object; one that is missing is no error."""
        self._ask("delete_object", Key=self.prefix + key)

    def list(self, below: str = "") -> Iterator[tuple[str, float]]:
        """Every key below a prefix with its age in seconds."""
        token: dict[str, str] = {}
        while True:
            answer = self._ask("list_objects_v2", Prefix=self.prefix + below, **token)
            now = datetime.now(UTC)
            for item in answer.get("Contents", []):
                yield item["Key"].removeprefix(self.prefix), (now - item["LastModified"]).total_seconds()
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def link(self, key: str, *, name: str, media_type: str, inline: bool, seconds: int) -> str:
        """A signed address, good for so many seconds, whose answer carries the headers that we decide on."""
        arguments = {
            "Bucket": self.name,
            "Key": self.prefix + key,
            "ResponseContentType": media_type,
            "ResponseContentDisposition": disposition(name, inline=inline),
            "ResponseCacheControl": "private, no-store",
        }
        with self._translated():
            return cast(
                "str",
                self._client.generate_presigned_url("get_object", Params=arguments, ExpiresIn=seconds),
            )


class _Reader(io.RawIOBase):
    """An object as a seekable file. Reading on goes on in the same answer; a broken one is asked for again once."""

    def __init__(self, ask: Callable[[int], Any], size: int) -> None:
        self._ask, self._size, self._at = ask, size, 0
        self._stream: Any = None
        self._read: Callable[[int], bytes] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning")
        if start + offset != self._at:
            self._drop()
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        try:
            content = self._next(wanted)
        except FileNotFoundError:
            raise
        except OSError:
            self._drop()
            content = self._next(wanted)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def _next(self, wanted: int) -> bytes:
        if self._read is None:
            self._stream = self._ask(self._at)
            self._read = self._stream.__enter__()
        content = self._read(wanted)
        if not content:
            raise OSError(errno.EIO, "the S3 store sent less than it has")
        return content

    def _drop(self) -> None:
        stream, self._stream, self._read = self._stream, None, None
        if stream is not None:
            stream.__exit__(None, None, None)

    def close(self) -> None:
        self._drop()
        super().close()


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def read_hash(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_READ):
        digest.update(chunk)
    return digest.hexdigest()


def copy(stream: BinaryIO, target: Path) -> None:
    """Write everything that is left of a stream into a new file."""
    with target.open("xb") as file:
        while chunk := stream.read(_READ):
            file.write(chunk)
