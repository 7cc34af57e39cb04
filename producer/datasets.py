"""The producer's endpoints under `/api/v1/datasets`."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from producer.access import actor_of
from producer.schemas import DatasetAnswer, DatasetColumnAnswer
from producer.upload import Uploads
from shared.datasets.encodings import CODECS, known_encoding
from shared.datasets.model import Dataset, Format
from shared.datasets.parse import Wanted
from shared.errors import FieldError, QueueUnavailable, ValidationFailed
from shared.http.access import require
from shared.http.identity import Role
from shared.http.problems import problem
from shared.job import rfc3339
from shared.logs import get_logger
from shared.queue.commands import QueueCommands
from shared.settings import Settings
from shared.storage import DatasetStorage

log = get_logger(__name__)

_MAX_FILE_NAME = 200
_BODY_DOCUMENTATION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {} for kind in ("text/csv", "application/x-ndjson", "application/json")},
    }
}

DatasetId = Annotated[str, Path(max_length=200)]


def dataset_router(settings: Settings, commands: QueueCommands, folder: DatasetStorage) -> APIRouter:
    """Upload a dataset, look at its record, delete it."""
    router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"])
    uploads = Uploads(settings, folder)
    retention_ms = round(settings.dataset_retention_days * 86_400_000)

    async def answer(dataset: Dataset) -> DatasetAnswer:
        return _answer(dataset, await folder.last_named_ms(dataset.id) + retention_ms)

    @router.post(
        "",
        status_code=201,
        response_model=DatasetAnswer,
        openapi_extra=_BODY_DOCUMENTATION,
        summary="Take rows in, as CSV, NDJSON or a JSON array",
    )
    async def upload(
        request: Request,
        kind: Annotated[Format | None, Query(alias="format")] = None,
        file_name: Annotated[str | None, Query(alias="fileName")] = None,
        encoding: Annotated[str | None, Query()] = None,
        delimiter: Annotated[str | None, Query()] = None,
        header: Annotated[bool | None, Query()] = None,
    ) -> Response:
        if refusal := _refused_body(request):
            return refusal
        wanted = Wanted(
            format=kind,
            encoding=_encoding(encoding),
            delimiter=_delimiter(delimiter),
            header=header,
            content_type=request.headers.get("content-type", ""),
            file_name=_file_name(request, file_name),
        )
        declared = request.headers.get("content-length", "")
        try:
            size = int(declared) if declared.isdigit() else None
            dataset = await uploads.take(request.stream(), wanted, size)
        except ClientDisconnect:
            log.info("upload was cut off")
            return problem(400, "The upload was cut off")
        log.info("dataset taken in", dataset_id=dataset.id, rows=dataset.rows, bytes=dataset.bytes)
        return JSONResponse(
            (await answer(dataset)).model_dump(by_alias=True),
            201,
            headers={"Location": f"/api/v1/datasets/{dataset.id}"},
        )

    @router.get("/{dataset_id}", summary="A dataset's record")
    async def record(dataset_id: DatasetId) -> DatasetAnswer:
        return await answer(await folder.get(dataset_id))

    @router.delete(
        "/{dataset_id}", status_code=204, summary="Delete a dataset; reports that name it will fail"
    )
    async def delete(request: Request, dataset_id: DatasetId) -> Response:
        require(request, Role.ADMIN)
        await folder.delete(dataset_id)
        by = actor_of(request)
        log.info("dataset deleted", dataset_id=dataset_id, by=by)
        with contextlib.suppress(QueueUnavailable):  # it is deleted, and the log has it
            await commands.audit("dataset deleted", by, dataset_id)
        return Response(status_code=204)

    return router


def _refused_body(request: Request) -> Response | None:
    """Bodies that are not the file itself."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        detail = "Send the file itself as the body, for example: curl --data-binary @rows.csv"
        return problem(415, "Forms are not taken", detail)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        return problem(415, "Compressed bodies are not taken", f"Content-Encoding: {encoding[:100]}")
    return None


def _encoding(name: str | None) -> str | None:
    if name is None:
        return None
    known = known_encoding(name)
    if known is None:
        raise ValidationFailed([FieldError("query.encoding", f"must be one of {', '.join(CODECS)}")])
    return known


def _delimiter(text: str | None) -> str | None:
    if text is None:
        return None
    character = "\t" if text.lower() in ("tab", "\\t") else text
    if len(character) != 1 or character.isalnum() or character in '"\r\n' or not character.isascii():
        raise ValidationFailed(
            [FieldError("query.delimiter", "must be one character such as ; or the word tab")]
        )
    return character


def _file_name(request: Request, given: str | None) -> str:
    """What the client calls the file, in the query or in `Content-Disposition`; only its last part."""
    name = given
    if name is None and (disposition := request.headers.get("content-disposition")):
        name = _named_in(disposition)
    name = (name or "").replace("\\", "/").rpartition("/")[2].strip()
    if len(name) > _MAX_FILE_NAME or not name.isprintable():
        message_text = f"must be printable and have at most {_MAX_FILE_NAME} characters"
        raise ValidationFailed([FieldError("query.fileName", message_text)])
    return name


def _named_in(disposition: str) -> str | None:
    message = EmailMessage()
    try:
        message["Content-Disposition"] = disposition
        return message.get_filename()
    except (LookupError, ValueError):  # a parameter is cut off, or of a strange charset
        raise ValidationFailed([FieldError("header.Content-Disposition", "can't be read")]) from None


def _answer(dataset: Dataset, expires_at_ms: int) -> DatasetAnswer:
    dialect = dataset.dialect
    return DatasetAnswer(
        dataset_id=dataset.id,
        file_name=dataset.file_name,
        rows=dataset.rows,
        columns=[DatasetColumnAnswer(name=column.name, type=column.type) for column in dataset.columns],
        bytes=dataset.bytes,
        sha256=dataset.sha256,
        format=dialect.format,
        encoding=dialect.encoding,
        delimiter=dialect.delimiter or None,
        header=dialect.header if dialect.format == "csv" else None,
        created_at=rfc3339(dataset.created_at_ms) or "",
        expires_at=rfc3339(expires_at_ms) or "",
    )
