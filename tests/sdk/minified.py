"""Makes the script that is served out of the one that is read; run it after an edit."""

from pathlib import Path

import minify

import leadpulse_app.sdk

SOURCE = Path(leadpulse_app.sdk.__file__).with_name("ls.js")
SERVED = SOURCE.with_name("ls.min.js")


def minified() -> str:
    """Return the source without comments and with short names."""
    return minify.string("application/javascript", SOURCE.read_text("utf-8"))


if __name__ == "__main__":
    SERVED.write_text(minified(), "utf-8")
