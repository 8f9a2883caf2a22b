"""Takes an uploaded file of an exchange straight to disk, piece by piece, never more than a batch may have.

Used instead of Django's own handlers, which would write any size to the temporary directory first.
"""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.exchange import files


class ToBatch(FileUploadHandler):
    """One file of a form. `taken` is what arrived, `problem` why it was refused."""

    chunk_size = 1 << 20

    def __init__(self) -> None:
        super().__init__()
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
        if content_length > files.LARGEST + self.chunk_size:
            self.problem = files.too_large()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.problem is not None or self.taken is not None:
            raise StopUpload(connection_reset=True)
        self.taken = files.Receiving(f"upload-{new_id()}")

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
        """Forget what arrived and was not kept."""
        if self.taken is not None:
            self.taken.__exit__()
