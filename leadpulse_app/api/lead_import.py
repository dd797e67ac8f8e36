"""Files of leads: what would become of one, and taking it in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from leadpulse_app.api.access import CallerDep, GroupCommitDep
from leadpulse_app.api.envelope import Body, Success
from leadpulse_app.api.transport import LEAD_UPLOAD_PATH
from leadpulse_app.api.upload import (
    UploadBody,
    UploadErrorBody,
    file_body,
    place_for,
    received_file,
)
from leadpulse_app.database import transaction
from leadpulse_app.domain.uploads import Meaning
from leadpulse_app.services.lead_import import import_leads, preview_import

router = APIRouter(tags=["Leads"])


class ColumnBody(Body):
    """A column of a file of leads."""

    name: Annotated[str, Field(description="Its heading.")]
    meaning: Annotated[
        Meaning,
        Field(description="What it is taken for; a `trait` is kept, and no more."),
    ]


class PreviewBody(Body):
    """What would become of a file."""

    columns: tuple[ColumnBody, ...]
    rows: Annotated[int, Field(description="Those that can be taken.")]
    new_leads: int
    known_leads: Annotated[
        int, Field(description="Those that are there, and are added to.")
    ]
    sample: Annotated[
        tuple[tuple[str, ...], ...],
        Field(description="The cells of the first ten rows."),
    ]
    rejected: int
    errors: Annotated[
        tuple[UploadErrorBody, ...],
        Field(description="For the first hundred of the rejected rows."),
    ]


@router.post(LEAD_UPLOAD_PATH, openapi_extra=file_body("text/csv"))
async def upload_leads(
    request: Request,
    actor: CallerDep,
    group_commit: GroupCommitDep,
    dry_run: Annotated[
        bool,
        Query(alias="dryRun", description="Say what would become of it, do nothing."),
    ] = False,
) -> Success[UploadBody | PreviewBody]:
    """Take a file of leads: CSV with a header line, 10 MB and 50,000 rows at most.

    Columns called email, name, company, anonymous id or user id are taken for these,
    and all others are kept as traits. Each row needs an email or an id. A row that
    can't be taken is told with its line, and the rest goes in; a file that comes again
    changes nothing.
    """
    now = datetime.now(UTC)
    async with received_file(request) as file:
        with place_for(actor.project_id):
            if dry_run:
                async with transaction(actor.project_id) as session:
                    preview = await preview_import(
                        session, actor, file, received_at=now
                    )
                return Success(data=PreviewBody.model_validate(preview))
            result = await import_leads(
                group_commit, actor.project_id, file, received_at=now
            )
    return Success(data=UploadBody.model_validate(result))
