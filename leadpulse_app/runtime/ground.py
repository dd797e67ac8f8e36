"""Where the embedded engines live on this machine, and the account they run as.

Nobody but the product's own account reaches an engine: its sockets stand in a folder
of mode 0700. No folder that is not the product's is ever opened up for an engine.
"""

import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from leadpulse_app.runtime.errors import SetupError

logger = logging.getLogger(__name__)

SYSTEM_FOLDER = Path("/var/lib/leadpulse")
"""Holds the engines of a home that their account can't enter."""

SHORT_FOLDER = Path("/tmp")  # noqa: S108  (its entries are made 0700 and checked)
"""Holds the sockets of a home whose path is too long for one. Not taken from the
environment, so that every process of the product finds the same."""

LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
"""Bytes; `sun_path` of a unix socket holds 107 (unix(7))."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that engines run as.

    Attributes:
        uid: Its user, or nothing where it is that of this process.
        gid: Its group, or nothing likewise.
    """

    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether it is not the account of this process."""
        return self.uid is not None

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command as the account and return its outcome and its output."""
        return subprocess.run(  # noqa: S603
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=() if self.is_other else None,
        )

    def spawn(self, *command: str | Path, log: Path) -> subprocess.Popen[bytes]:
        """Start a command as the account, in a session of its own.

        A terminal's Ctrl-C doesn't reach it: whoever started it stops it.
        """
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
                user=self.uid,
                group=self.gid,
                extra_groups=() if self.is_other else None,
            )

    def can_enter(self, folder: Path) -> bool:
        """Return whether the account may pass through a folder and all above it."""
        return self.run("/bin/sh", "-c", 'test -x "$0"', folder).returncode == 0


def engine_account() -> Account:
    """Return this process's account, or an unprivileged one where it is root's."""
    if os.geteuid() != 0:
        return Account()
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Ground:
    """The place of one home's engines."""

    home: Path
    folder: Path
    """Holds the engines' data; the home, unless their account can't enter it."""
    account: Account

    @property
    def sockets(self) -> Path:
        """The folder of the engines' unix sockets."""
        folder = self.folder / "sockets"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        return SHORT_FOLDER / f"leadpulse-{_digest(self.home)}"

    @property
    def logs(self) -> Path:
        """The folder of the engines' logs."""
        return self.home / "logs"

    def prepare(self) -> None:
        """Make the folders, private to the engines' account.

        Raises:
            SetupError: A folder is there that is somebody else's.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        if self.folder != self.home:
            _make_open(SYSTEM_FOLDER)
            _make_open(self.folder)
        self.make_private(self.sockets)

    def make_private(self, folder: Path) -> None:
        """Make a folder that only the engines' account enters, or check that it is one.

        Raises:
            SetupError: It is somebody else's.
        """
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        not_ours = f"{folder} belongs to somebody else; move it away"
        # One descriptor throughout: whoever may write beside it can swap the name.
        try:
            opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise SetupError(not_ours) from error
        try:
            found = os.fstat(opened)
            if found.st_uid not in {os.geteuid(), self.account.uid}:
                raise SetupError(not_ours)
            if self.account.uid is not None and self.account.gid is not None:
                os.fchown(opened, self.account.uid, self.account.gid)
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.fchmod(opened, 0o700)
        finally:
            os.close(opened)

    def reachable_copy(self, binaries: Path) -> Path:
        """Return these binaries where the engines' account can run them.

        That is where they are, or a copy beside the data.
        """
        if not self.account.is_other:
            return binaries
        if self.account.can_enter(binaries) and all(map(_is_open, _tree(binaries))):
            return binaries
        version = f"{binaries}:{binaries.stat().st_mtime_ns}"
        copy = SYSTEM_FOLDER / f"{binaries.name}-{_digest(version)}"
        if not copy.exists():
            _make_open(SYSTEM_FOLDER)
            draft = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(binaries, draft, symlinks=True)
            for path in _tree(draft):
                mode = path.stat().st_mode
                path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
            draft.rename(copy)
            logger.info("Copied %s to %s, where engines can run it", binaries, copy)
        return copy


def find_ground(home: Path) -> Ground:
    """Return the place for the engines of a home; makes the home if it is missing."""
    home.mkdir(parents=True, exist_ok=True)
    account = engine_account()
    if account.can_enter(home):
        return Ground(home, home, account)
    return Ground(home, SYSTEM_FOLDER / _digest(home), account)


def _make_open(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # whatever the umask says: the engines' account has to pass


def _tree(folder: Path) -> Iterator[Path]:
    yield folder
    for path in folder.rglob("*"):
        if not path.is_symlink():
            yield path


def _is_open(path: Path) -> bool:
    mode = path.stat().st_mode
    needed = 0o5 if mode & stat.S_IXUSR else 0o4
    return mode & needed == needed


def _digest(name: Path | str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
