"""What a person pastes to send events, with their own key and host in it."""

import json
from dataclasses import dataclass

from leadpulse_app.domain.webhook import SIGNATURE_HEADER

WEBHOOK_PATH = "/api/webhooks/events"


@dataclass(frozen=True)
class Code:
    """A piece of code to paste."""

    name: str
    """Tells it from the others beside it; also what "Copy" says it copied."""
    language: str
    code: str
    note: str = ""
    """What to know before pasting it."""


@dataclass(frozen=True)
class Source:
    """A way for events to come in, as one tab shows it."""

    name: str
    said: str
    codes: tuple[Code, ...]


def sources(host: str, key: str) -> tuple[Source, ...]:
    """Return each way for events to come in, with what to paste for it.

    Args:
        host: Where the product is, as people and pages reach it.
        key: The write key.
    """
    return (
        Source(
            "Browser",
            "A small script for your site. Page views arrive by themselves.",
            _browser(host, key),
        ),
        Source(
            "Segment",
            "Segment's own clients, pointed at your host.",
            _segment(host, key),
        ),
        Source(
            "RudderStack",
            "RudderStack's own clients, with your host as their data plane.",
            _rudderstack(host, key),
        ),
        Source(
            "PostHog",
            "PostHog's own clients, pointed at your host.",
            _posthog(host, key),
        ),
        Source(
            "HTTP",
            "Any language that speaks HTTP will do.",
            (
                Code("One event", "Shell", curl_example(host, key)),
                Code("Many events", "Shell", batch_example(host, key)),
            ),
        ),
    )


def snippet(host: str, key: str) -> str:
    """Return the tag that a site pastes before its closing head tag."""
    return f'<script async src="{host}/sdk/ls.js"\n  data-api-key="{key}"></script>'


def _browser(host: str, key: str) -> tuple[Code, ...]:
    return (
        Code(
            "Snippet",
            "HTML",
            snippet(host, key),
            "Paste it before the closing head tag of every page.",
        ),
        Code(
            "Calls",
            "JavaScript",
            "ls.track('demo_request', { plan: 'team' });\n"
            "ls.identify({ email: 'ada@example.com', name: 'Ada Lovelace' });",
            "Then, where something happens:",
        ),
    )


def _segment(host: str, key: str) -> tuple[Code, ...]:
    return (
        Code(
            "Segment for browsers",
            "JavaScript · @segment/analytics-next",
            'import { AnalyticsBrowser } from "@segment/analytics-next";\n\n'
            "const analytics = AnalyticsBrowser.load({\n"
            f'  writeKey: "{key}",\n'
            f'  cdnURL: "{host}",\n'
            "});",
        ),
        Code(
            "Segment for Node",
            "JavaScript · @segment/analytics-node",
            'import { Analytics } from "@segment/analytics-node";\n\n'
            "const analytics = new Analytics({\n"
            f'  writeKey: "{key}",\n'
            f'  host: "{host}",\n'
            "});",
        ),
        Code(
            "Segment for Python",
            "Python · segment-analytics-python",
            "import segment.analytics as analytics\n\n"
            f'analytics.write_key = "{key}"\n'
            f'analytics.host = "{host}"',
        ),
    )


def _rudderstack(host: str, key: str) -> tuple[Code, ...]:
    return (
        Code(
            "RudderStack for browsers",
            "JavaScript · @rudderstack/analytics-js",
            'import { RudderAnalytics } from "@rudderstack/analytics-js";\n\n'
            "const client = new RudderAnalytics();\n"
            f'client.load("{key}", "{host}", {{\n'
            "  getSourceConfig: () => ({\n"
            "    source: {\n"
            '      id: "site",\n'
            '      name: "Site",\n'
            f'      writeKey: "{key}",\n'
            "      enabled: true,\n"
            '      workspaceId: "site",\n'
            "      connections: [],\n"
            "      destinations: [],\n"
            "      config: {\n"
            "        statsCollection: {\n"
            "          errors: { enabled: false },\n"
            "          metrics: { enabled: false },\n"
            "        },\n"
            "      },\n"
            "    },\n"
            "  }),\n"
            "});",
            "getSourceConfig answers what RudderStack's control plane otherwise would.",
        ),
        Code(
            "RudderStack for Node",
            "JavaScript · @rudderstack/rudder-sdk-node",
            'import RudderAnalytics from "@rudderstack/rudder-sdk-node";\n\n'
            f'const client = new RudderAnalytics("{key}", {{\n'
            f'  dataPlaneUrl: "{host}",\n'
            "  errorHandler: (error) => console.error(error.message),\n"
            "});",
        ),
        Code(
            "RudderStack for Python",
            "Python · rudder-sdk-python",
            "import rudderstack.analytics as rudder_analytics\n\n"
            f'rudder_analytics.write_key = "{key}"\n'
            f'rudder_analytics.dataPlaneUrl = "{host}"',
        ),
    )


def _posthog(host: str, key: str) -> tuple[Code, ...]:
    return (
        Code(
            "PostHog for browsers",
            "JavaScript · posthog-js",
            'import posthog from "posthog-js";\n\n'
            f'posthog.init("{key}", {{ api_host: "{host}" }});',
        ),
        Code(
            "PostHog for Node",
            "JavaScript · posthog-node",
            'import { PostHog } from "posthog-node";\n\n'
            f'const client = new PostHog("{key}", {{ host: "{host}" }});',
        ),
        Code(
            "PostHog for Python",
            "Python · posthog",
            f'from posthog import Posthog\n\nclient = Posthog("{key}", host="{host}")',
        ),
    )


def example_event(key: str) -> str:
    """Return an event as the ingest route takes it, ready to be edited."""
    return json.dumps(
        {
            "apiKey": key,
            "event": "demo_request",
            "anonymousId": "test-visitor",
            "properties": {"path": "/pricing"},
        },
        indent=2,
    )


def curl_example(host: str, key: str) -> str:
    """Return a first event as a command line."""
    return (
        f"curl {host}/api/ingest/event \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{example_event(key)}'"
    )


def batch_example(host: str, key: str) -> str:
    """Return some events as a command line."""
    events = [
        {"event": "signup", "userId": "user-1", "messageId": "signup-1"},
        {"event": "page_view", "userId": "user-1", "messageId": "view-1"},
    ]
    body = json.dumps({"events": events}, indent=2)
    return (
        f"curl {host}/api/ingest/batch \\\n"
        f"  -H 'X-Write-Key: {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def webhook_example(host: str, key: str, *, is_signed: bool) -> str:
    """Return a webhook as a command line, with its signature where it needs one."""
    event = {
        "event_type": "demo_request",
        "lead_email": "ada@example.com",
        "lead_id": "crm-1842",
        "metadata": {"plan": "team"},
    }
    body = json.dumps(event, indent=2)
    command = [f"curl {host}{WEBHOOK_PATH}", f"-H 'X-Write-Key: {key}'"]
    if not is_signed:
        return " \\\n  ".join([*command, f"-d '{body}'"])
    sign = 'openssl dgst -sha256 -hmac "$SECRET" -r | cut -c 1-64'
    command += [
        f'-H "{SIGNATURE_HEADER}: sha256=$(printf %s "$BODY" | {sign})"',
        '-d "$BODY"',
    ]
    return f"SECRET='…'\nBODY='{body}'\n" + " \\\n  ".join(command)
