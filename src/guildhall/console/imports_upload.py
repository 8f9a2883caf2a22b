"""Takes an uploaded import straight to disk, piece by piece, never more than its kind allows.

Used instead of Django's own handlers, which would write any size to the temporary directory first.
"""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.intake.importing import files


class ToDisk(FileUploadHandler):
    """One file of a form. `taken` is what arrived, `problem` why it was refused."""

    chunk_size = 1 << 20

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self.taken: files.Receiving | None = None
        self.problem: BadInput | None = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        most = files.largest(self._kind)
        if content_length > most + self.chunk_size:
            self.problem = files.too_large(most)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.problem is not None or self.taken is not None:
            raise StopUpload(connection_reset=True)
        self.taken = files.Receiving(new_id(), self._kind)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.taken is not None
        try:
            self.taken.take(raw_data)
        except BadInput as error:
            self.problem = error
            raise StopUpload(connection_reset=True) from error

    def file_complete(self, file_size: int) -> UploadedFile:
        return UploadedFile(io.BytesIO(), self.file_name, size=file_size)

    def upload_interrupted(self) -> None:
        self.give_up()

    def give_up(self) -> None:
        """Forget what arrived."""
        if self.taken is not None:
            self.taken.give_up()
