"""All that is held of one person, as a file to hand over."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic.alias_generators import to_camel

from leadpulse_app.api.access import CallerDep
from leadpulse_app.api.download import Download
from leadpulse_app.database import transaction
from leadpulse_app.services.actors import Actor
from leadpulse_app.services.leads import find_root
from leadpulse_app.services.person_export import Part, stream_person

router = APIRouter(prefix="/api/leads", tags=["Leads"])


@router.get(
    "/{lead_id}/data",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def download_person(actor: CallerDep, lead_id: UUID) -> Download:
    """Download all that is held of a person: names, events, ledger, notes and more.

    It is a JSON object with a list for each; leads merged into this one are among them.
    """
    async with transaction(actor.project_id) as session:
        root_id = await find_root(session, actor, lead_id)
    return Download(
        _written(actor, lead_id),
        project_id=actor.project_id,
        filename=f"lead-{root_id}.json",
        media_type="application/json",
    )


async def _written(actor: Actor, lead_id: UUID) -> AsyncGenerator[str, None]:
    """Yield an object with a list for each part, those with nothing in them too."""
    missing = list(Part)
    async with transaction(actor.project_id, is_snapshot=True) as session:
        root_id = await find_root(session, actor, lead_id)  # as of the snapshot
        head = {
            "exportedAt": datetime.now(UTC).isoformat(),
            "project": actor.project_name,
            "leadId": str(root_id),
        }
        yield json.dumps(head, ensure_ascii=False)[:-1]
        async for records in stream_person(session, actor, root_id):
            pieces = []
            for part, said in records:
                pieces.append("" if part in missing else ",\n")
                while part in missing:
                    pieces.append(_opened(missing.pop(0)))
                named = {to_camel(name): value for name, value in said.items()}
                pieces.append(json.dumps(named, ensure_ascii=False))
            yield "".join(pieces)
    yield "".join(_opened(part) for part in missing) + "]}\n"


def _opened(part: Part) -> str:
    """Return what ends the list before and begins that of a part."""
    before = "," if part is next(iter(Part)) else "],"
    return f'{before}\n"{to_camel(part)}": ['
