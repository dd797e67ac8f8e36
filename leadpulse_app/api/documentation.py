"""The API's description as a page, written from its OpenAPI schema.

The page is plain HTML and loads nothing, from here or elsewhere: reading it tells
nobody and works without the internet.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_METHODS = ("get", "post", "put", "patch", "delete")

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
details { border: 1px solid #8884; border-radius: .5rem; margin: .5rem 0 }
summary { padding: .6rem .8rem; cursor: pointer; overflow-wrap: anywhere }
details > div { padding: 0 .8rem .8rem }
.method { display: inline-block; min-width: 4rem; font-weight: 600 }
code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { background: #8881; border-radius: .5rem; padding: .8rem; overflow-x: auto }
h4 { margin: .8rem 0 .2rem }
"""


@router.get("/api/docs")
async def show_documentation(request: Request) -> HTMLResponse:
    """Show every route with its parameters, its body and its answers."""
    page = "".join(_page(request.app.openapi()))
    return HTMLResponse(
        page,
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"
        },
    )


def _page(schema: Mapping[str, Any]) -> Iterator[str]:
    title = escape(f"{schema['info']['title']} API {schema['info']['version']}")
    yield (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"
        f"<p>Sign in with <code>POST /api/auth/login</code> and send the token as "
        f"<code>Authorization: Bearer …</code>. The same as a schema: "
        f'<a href="/api/openapi.json">openapi.json</a>.</p>'
    )
    tag = ""
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            if operation["tags"][0] != tag:
                tag = operation["tags"][0]
                yield f"<h2>{escape(tag)}</h2>"
            yield from _operation(schema, path, method, operation)


def _operation(
    schema: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    yield (
        f'<details><summary><span class="method">{method.upper()}</span>'
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary><div>"
        f"<p>{escape(operation.get('description', ''))}</p>"
    )
    if parameters := operation.get("parameters"):
        yield "<h4>Parameters</h4><ul>"
        for parameter in parameters:
            wanted = json.dumps(_sample(schema, parameter["schema"]))
            meaning = parameter.get("description", "")
            yield (
                f"<li><code>{escape(parameter['name'])}</code> ({parameter['in']}): "
                f"<code>{escape(wanted)}</code> {escape(meaning)}"
            )
        yield "</ul>"
    yield from _content(schema, "Body", operation.get("requestBody", {}))
    for status, response in operation["responses"].items():
        heading = f"{status}: {response['description']}"
        yield from _content(schema, heading, response)
    yield "</div></details>"


def _content(
    schema: Mapping[str, Any], heading: str, holder: Mapping[str, Any]
) -> Iterator[str]:
    for media_type, content in holder.get("content", {}).items():
        yield f"<h4>{escape(heading)} <code>{escape(media_type)}</code></h4>"
        sample = _sample(schema, content["schema"])
        shown = json.dumps(sample, indent=2, ensure_ascii=False)
        yield f"<pre>{escape(shown)}</pre>"


def _sample(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Any:
    """Return a value that has the shape of a schema."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return _sample(schema, schema["components"]["schemas"][name])
    if "anyOf" in part:
        kinds = [kind for kind in part["anyOf"] if kind.get("type") != "null"]
        return _sample(schema, kinds[0])
    for given in ("examples", "const", "default"):
        if part.get(given) is not None:
            return part[given][0] if given == "examples" else part[given]
    if "enum" in part:
        return " | ".join(part["enum"])
    match part.get("type"):
        case "object":
            properties = part.get("properties", {})
            return {name: _sample(schema, value) for name, value in properties.items()}
        case "array":
            return [_sample(schema, part["items"])]
        case "integer":
            return part.get("minimum", 0)
        case "boolean":
            return True
        case "null":
            return None
    return part.get("format", "text")
