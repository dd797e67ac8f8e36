"""The JSON API: everything under `/api` but ingest, which a leaner app serves."""

from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from leadpulse_app import __version__
from leadpulse_app.api import (
    admin,
    analytics,
    auth,
    dashboard,
    documentation,
    events,
    health,
    lead_edits,
    lead_import,
    lead_list,
    lead_notes,
    leads,
    person,
    previews,
    projects,
    rule_tests,
    rules,
    rulesets,
    timeline,
)
from leadpulse_app.api.envelope import install_failures
from leadpulse_app.api.failure import Failure
from leadpulse_app.api.openapi import INGEST_PATHS
from leadpulse_app.api.transport import Transport
from leadpulse_app.settings import get_settings


class Api(FastAPI):
    """A FastAPI app whose schema also tells of the ingest routes."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI schema, made once."""
        if self.openapi_schema is None:
            schema = super().openapi()
            schema["paths"] = {**INGEST_PATHS, **schema["paths"]}
        return super().openapi()


def create_api() -> FastAPI:
    """Return the API. Its routes carry their whole path, `/api` included."""
    app = Api(
        title="LeadPulse",
        summary="Lead scoring: events in, explained scores out.",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": {"model": Failure, "description": "An error."}},
    )
    install_failures(app)
    for part in (
        health,
        auth,
        events,
        lead_list,  # these three before what takes any word for a lead
        lead_edits,
        lead_import,
        leads,
        lead_notes,
        person,
        timeline,
        rules,
        previews,  # these three before what takes any word for a version
        rule_tests,
        rulesets,
        analytics,
        projects,
        dashboard,
        admin,
        documentation,
    ):
        app.include_router(part.router)
    app.add_middleware(Transport)
    if origins := get_settings().cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    return app
