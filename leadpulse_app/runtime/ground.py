"""Where the embedded engines live on this machine, and the account they run as.

Nobody but the product's own account reaches an engine: its sockets stand in a folder
of mode 0700. No folder that is not the product's is ever opened up for an engine.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/leadpulse")
"""Holds the engines of a home that their account can't enter."""

SHORT_FOLDER = Path("/tmp")  # noqa: S108  (its entries are made 0700 and checked)
"""Holds the sockets of a home whose path is too long for one. Not taken from the
environment, so that every process of the product finds the same."""

LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
"""Bytes; `sun_path` of a unix socket holds 107 (unix(7))."""


class GroundError(Exception):
    """No place on this machine is safe for the engines; says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account that engines run as when the product runs as root."""

    uid: int
    gid: int

    def can(self, test: str, path: Path) -> bool:
        """Return whether the account passes this `test(1)` operator on a path."""
        command = ["/bin/sh", "-c", f'test {test} "$0"', str(path)]
        return (
            subprocess.run(command, check=False, **spawn_options(self)).returncode == 0
        )  # noqa: S603


def spawn_options(account: Account | None) -> dict[str, object]:
    """Return the arguments of `subprocess` that start a child as the account."""
    if account is None:
        return {"cwd": "/"}
    return {
        "cwd": "/",
        "user": account.uid,
        "group": account.gid,
        "extra_groups": (),
    }


def engine_account() -> Account | None:
    """Return whom to run engines as: nobody special, unless this process is root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Ground:
    """The place of one home's engines."""

    home: Path
    folder: Path
    """Holds the engines' data; the home, unless their account can't enter it."""
    account: Account | None

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
            GroundError: A folder is there that is somebody else's.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        self.make_private(self.sockets)

    def make_private(self, folder: Path) -> None:
        """Make a folder that only the engines' account enters, or check that it is one.

        Raises:
            GroundError: It is somebody else's.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        owner = os.geteuid() if self.account is None else self.account.uid
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            if self.account is not None:
                os.chown(folder, self.account.uid, self.account.gid)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise GroundError(f"{folder} belongs to somebody else; move it away")
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)

    def reachable_copy(self, binaries: Path) -> Path:
        """Return these binaries where the engines' account can run them.

        That is where they are, or a copy beside the data.
        """
        if self.account is None or self.account.can("-x", binaries):
            return binaries
        copy = SYSTEM_FOLDER / f"{binaries.name}-{_digest(binaries)}"
        if not copy.exists():
            draft = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(binaries, draft, symlinks=True)
            draft.rename(copy)
        return copy


def find_ground(home: Path) -> Ground:
    """Return the place for the engines of a home; makes the home if it is missing."""
    home.mkdir(parents=True, exist_ok=True)
    account = engine_account()
    if account is None or account.can("-x", home):
        return Ground(home, home, account)
    return Ground(home, SYSTEM_FOLDER / _digest(home), account)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
