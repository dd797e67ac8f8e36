"""Ingest may run without the rest of the product, so it doesn't load it."""

import subprocess
import sys

SCRIPT = """
import sys
import leadpulse_app.api.ingest
print([name for name in ("reflex", "fastapi", "huey") if name in sys.modules])
"""


def test_ingest_loads_no_framework_of_the_other_parts() -> None:
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"
