"""Answers what browser clients ask their vendor besides: that there is nothing more.

Without an answer they would log errors on every page, or wait.
"""

from urllib.parse import urlsplit

import orjson

from leadpulse_app.api.ingest.answer import Answer, answer
from leadpulse_app.api.ingest.intake import Intake
from leadpulse_app.api.ingest.request import Request
from leadpulse_app.settings import get_settings

_POSTHOG_CONFIG = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "analytics": {"endpoint": "/e/"},
    "elementsChainAsString": True,
    "autocapture_opt_out": False,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "conversations": False,
    "defaultIdentifiedOnly": True,
    "errorTracking": {"autocaptureExceptions": False, "suppressionRules": []},
    "heatmaps": False,
    "isAuthenticated": False,
    "logs": {"captureConsoleLogs": False},
    "productTours": False,
    "sessionRecording": False,
    "siteApps": [],
    "surveys": False,
    "toolbarParams": {},
}


async def tell_posthog_config(_: Intake, request: Request) -> Answer:
    """Tell PostHog's client which of its features are there: events alone."""
    return answer(200, {**_POSTHOG_CONFIG, "token": _second_part(request)})


async def tell_posthog_config_script(_: Intake, request: Request) -> Answer:
    """Tell it the same as a script, which it looks for first."""
    token = orjson.dumps(_second_part(request))
    config = orjson.dumps(_POSTHOG_CONFIG)
    script = (
        b"(function(w){(w._POSTHOG_REMOTE_CONFIG=w._POSTHOG_REMOTE_CONFIG||{})["
        b"%b]={config:%b,siteApps:[]}})(window)"
    ) % (token, config)
    return Answer(200, script, b"text/javascript")


async def tell_posthog_flags(_: Intake, __: Request) -> Answer:
    """Tell PostHog's client that there are no feature flags."""
    return answer(
        200,
        {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
            "quotaLimited": [],
        },
    )


async def tell_segment_settings(_: Intake, request: Request) -> Answer:
    """Tell Segment's client for browsers to send its events here and nowhere else."""
    secure = "https" in (
        request.scope["scheme"],
        request.header(b"x-forwarded-proto"),
        urlsplit(get_settings().public_url).scheme,
    )
    segment = {
        "apiKey": request.scope["path"].split("/")[3],
        "apiHost": f"{request.header(b'host')}/v1",
        "protocol": "https" if secure else "http",
    }
    return answer(
        200,
        {
            "integrations": {"Segment.io": segment},
            "plan": {},
            "metrics": {"sampleRate": 0},
        },
    )


async def take_metrics(_: Intake, __: Request) -> Answer:
    """Let Segment's client for browsers tell how it fares, which nobody keeps."""
    return answer(200, {"success": True})


def _second_part(request: Request) -> str:
    path: str = request.scope["path"]
    return path.split("/")[2]
