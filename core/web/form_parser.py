"""Reading forms with files: a file name in an old encoding must not make the whole form vanish (fact M11)."""

from __future__ import annotations

import re
from typing import IO, Any

from flask import Request
from werkzeug.datastructures import FileStorage, Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from core.domain.spelling import decoded

_PIECE = 64 * 1024
#: Browsers send the backslashes of a path as they are; the parser would take each for a mark before the next sign.
_LONE_BACKSLASH = re.compile(r'\\(?![\\"])')


class FormParser(FormDataParser):
    """The framework's parser, which drops such a form without a word, with another way to read its parts."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], Any, Any]:
        boundary = (options or {}).get("boundary", "")
        if mimetype != "multipart/form-data" or not boundary:
            return super().parse(stream, mimetype, content_length, options)
        form = _Form(self, content_length)
        try:
            form.read(stream, boundary.encode("ascii"))
        except ValueError:
            form.close()
            return stream, self.cls(), self.cls()
        except BaseException:
            form.close()
            raise
        return stream, self.cls(form.fields), self.cls(form.files)


class ReadingRequest(Request):
    """A request whose form can be read whatever encoding its file names have."""

    form_data_parser_class = FormParser


class _Form:
    """What has been read of a form."""

    def __init__(self, parser: FormParser, content_length: int | None) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, FileStorage]] = []
        self._parser, self._content_length = parser, content_length
        self._field: Field | None = None
        self._text = bytearray()

    def read(self, stream: IO[bytes], boundary: bytes) -> None:
        """Read the parts one after the other; raises ValueError where this is no form."""
        limits = self._parser
        decoder = _Decoder(
            boundary, max_form_memory_size=limits.max_form_memory_size, max_parts=limits.max_form_parts
        )
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, NeedData):
                decoder.receive_data(stream.read(_PIECE) or None)
            elif isinstance(event, File):
                self._field = None
                self._begin_file(event)
            elif isinstance(event, Field):
                self._field, self._text = event, bytearray()
            elif isinstance(event, Data):
                self._add(event)

    def close(self) -> None:
        for _name, file in self.files:
            file.close()

    def _begin_file(self, event: File) -> None:
        kind = event.headers.get("content-type")
        container = self._parser.stream_factory(self._content_length, kind, event.filename, None)
        self.files.append(
            (event.name, FileStorage(container, event.filename, event.name, headers=event.headers))
        )

    def _add(self, event: Data) -> None:
        if self._field is None:
            stream = self.files[-1][1].stream
            stream.write(event.data)
            if not event.more_data:
                stream.seek(0)
            return
        self._text += event.data
        most = self._parser.max_form_memory_size
        if most is not None and len(self._text) > most:
            raise RequestEntityTooLarge
        if not event.more_data:
            self.fields.append((self._field.name, decoded(bytes(self._text))))


class _Decoder(MultipartDecoder):
    """Reads a part's headers in whatever encoding, and keeps the backslashes of a path (fact M13)."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        readable = _LONE_BACKSLASH.sub(r"\\\\", decoded(bytes(data)))
        return super()._parse_headers(readable.encode())
