"""Takes in a file of inputs: what can't be taken is told, and the rest is stored.

A file goes through in chunks, each durable before the next is read, so that it neither
fills memory nor keeps other senders from the group commit. Its inputs have ids that
follow from its content; uploading it again stores what is missing and counts nothing
twice.
"""

import asyncio
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from typing import IO, TextIO, TypeAlias
from uuid import UUID

from leadpulse_app.domain.errors import (
    InvalidInputError,
    LeadPulseError,
    UnavailableError,
)
from leadpulse_app.domain.event import IngestedEvent
from leadpulse_app.domain.uploads import EventReader, Problem, read_records
from leadpulse_app.services.ingest import GroupCommit, IngestStatus

CHUNK_RECORDS = 500

MAX_PROBLEMS_TOLD = 100

PATIENCE_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Between the attempts to store a chunk: a restart of Postgres fits in."""

RETRY_AFTER_SECONDS = 5

Entry: TypeAlias = tuple[int, IngestedEvent]
"""Where a record stands, and the input that it means."""


@dataclass(frozen=True, slots=True)
class UploadResult:
    """What became of a file."""

    accepted: int
    duplicates: int
    """Inputs that were stored before."""
    rejected: int
    errors: tuple[Problem, ...]
    """Why, for the first `MAX_PROBLEMS_TOLD` of the rejected records."""


async def store_upload(
    group_commit: GroupCommit,
    project_id: UUID,
    file: IO[bytes],
    *,
    received_at: datetime,
) -> UploadResult:
    """Store the events of a file, and return once they are durable.

    Args:
        group_commit: Of this process.
        project_id: Whose events they are.
        file: CSV or JSON in UTF-8, at its beginning.
        received_at: When it was uploaded, in UTC.

    Raises:
        InvalidInputError: The file is no text in UTF-8, is empty, or has a wrong
            header. Nothing of it was stored.
        UnavailableError: The events could not all be stored. The message says how far
            it came.
    """
    async with opened_text(file) as text:
        entries = _read_entries(text, received_at)
        return await store_entries(group_commit, project_id, entries, called="events")


async def store_entries(
    group_commit: GroupCommit,
    project_id: UUID,
    entries: Iterator[Entry | Problem],
    *,
    called: str,
) -> UploadResult:
    """Store inputs as they are read, and return once they are durable.

    Args:
        group_commit: Of this process.
        project_id: Whose inputs they are.
        entries: Read in a thread, a chunk at a time.
        called: What they are to those who sent them.

    Raises:
        UnavailableError: They could not all be stored. The message says how far it
            came.
    """
    outcome = _Outcome(group_commit, project_id, called)
    while chunk := await asyncio.to_thread(list, islice(entries, CHUNK_RECORDS)):
        await outcome.take(chunk)
    return outcome.result()


@asynccontextmanager
async def opened_text(file: IO[bytes]) -> AsyncIterator[TextIO]:
    """Read a file as text, without translating line ends; it stays open after.

    Raises:
        InvalidInputError: It is no text in UTF-8.
    """
    await asyncio.to_thread(_require_utf8, file)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _require_utf8(file: IO[bytes]) -> None:
    decoder = getincrementaldecoder("utf-8")()
    line = 1
    try:
        while block := file.read(64 * 1024):
            line += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        raise InvalidInputError(
            f"Line {line} is not in UTF-8; save the file as UTF-8 and upload it again"
        ) from None
    file.seek(0)


def _read_entries(text: TextIO, received_at: datetime) -> Iterator[Entry | Problem]:
    reader = EventReader(received_at=received_at)
    for record in read_records(text):
        if isinstance(record, Problem):
            yield record
        else:
            event = reader.read(record)
            yield event if isinstance(event, Problem) else (record.line, event)


class _Outcome:
    """What became of the records so far."""

    def __init__(
        self, group_commit: GroupCommit, project_id: UUID, called: str
    ) -> None:
        self._called = called
        self._group_commit = group_commit
        self._project_id = project_id
        self._counts = dict.fromkeys(IngestStatus, 0)
        self._rejected = 0
        self._problems: list[Problem] = []

    def result(self) -> UploadResult:
        return UploadResult(
            accepted=self._counts[IngestStatus.QUEUED],
            duplicates=self._counts[IngestStatus.DUPLICATE],
            rejected=self._rejected,
            errors=tuple(self._problems),
        )

    async def take(self, chunk: Sequence[Entry | Problem]) -> None:
        """Store a chunk and count what became of it.

        Raises:
            UnavailableError: It was tried often enough.
        """
        waiting: list[Entry] = []
        for entry in chunk:
            if isinstance(entry, Problem):
                self._reject(entry)
            else:
                waiting.append(entry)
        for patience in (*PATIENCE_SECONDS, None):
            waiting = await self._store(waiting)
            if not waiting:
                return
            if patience is not None:
                await asyncio.sleep(patience)
        stored = sum(self._counts.values())
        raise UnavailableError(
            f"{stored:,} {self._called} are stored, and those from line "
            f"{waiting[0][0]} on are not: the server is too busy or can't reach its "
            "database. Upload the same file again in a moment; nothing counts twice",
            details={"line": str(waiting[0][0]), "stored": str(stored)},
            retry_after=RETRY_AFTER_SECONDS,
        )

    async def _store(self, entries: Sequence[Entry]) -> list[Entry]:
        """Store events, and return those that it may be tried with again."""
        try:
            answers = await self._group_commit.submit_many(
                self._project_id, [event for _, event in entries]
            )
        except UnavailableError:
            return list(entries)
        again: list[Entry] = []
        for entry, answer in zip(entries, answers, strict=True):
            if isinstance(answer, UnavailableError):
                again.append(entry)
            elif isinstance(answer, LeadPulseError):
                self._reject(Problem(entry[0], answer.code, answer.message))
            else:
                self._counts[answer] += 1
        return again

    def _reject(self, problem: Problem) -> None:
        self._rejected += 1
        if len(self._problems) < MAX_PROBLEMS_TOLD:
            self._problems.append(problem)
