"""The command line: a command reads its arguments, does its work, says how it went.

Modules are imported by the command that needs them, so that each starts fast.
"""

import argparse
import asyncio
import getpass
import logging
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from leadpulse_app.domain.errors import LeadPulseError
from leadpulse_app.runtime.errors import SetupError
from leadpulse_app.settings import Settings, get_secret_key, get_settings

Command = Callable[[argparse.Namespace, Settings], int]

PORT_PATIENCE_SECONDS = 3.0
"""What the processes of a killed predecessor need to notice and let go of the port."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit status."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    for talkative in ("alembic", "huey"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        settings = get_settings()
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(map(str, problem["loc"])) or "settings"
            _complain(f"{name}: {problem['msg']}")
        return 1
    command: Command = parsed.run
    try:
        return command(parsed, settings)
    except (SetupError, OperationalError) as error:
        _complain(str(error))
    except LeadPulseError as error:
        _complain(error.message)
    except KeyboardInterrupt:
        _complain("Interrupted")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m leadpulse_app", description="Lead scoring."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run: Command, says: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        return command

    add("up", _up, "run everything until Ctrl-C")
    supervised = (
        add("web", _web, "serve the dashboard, the API and ingest on one port"),
        add("worker", _worker, "score what came in"),
    )
    for command in supervised:
        command.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    add("ingest", _ingest, "serve the ingest routes alone")
    add("migrate", _migrate, "bring the database to the newest schema")
    add("verify", _verify, "recompute every score from the events and compare")
    demo = add("demo", _demo, "fill a project with a made-up year of traffic")
    demo.add_argument(
        "--email", help="whose project; without it an account is made for the purpose"
    )
    demo.add_argument(
        "--people", type=int, default=None, help="how many people come (2000)"
    )
    demo.add_argument("--seed", type=int, default=None, help="which year it is (1)")
    add("doctor", _doctor, "say what is wrong with the set-up and how to mend it")
    add("create-admin", _create_admin, "make an account with a project of its own")
    reset = add("reset-password", _reset_password, "give an account a new password")
    reset.add_argument("email", metavar="EMAIL")
    return parser


def _up(_: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.runtime.frontend import build_frontend, is_built
    from leadpulse_app.runtime.home import embed_engines, hold_home
    from leadpulse_app.runtime.server import require_port
    from leadpulse_app.runtime.supervisor import Supervisor

    for number in (signal.SIGTERM, signal.SIGINT):  # until it supervises
        signal.signal(number, signal.default_int_handler)
    with hold_home(settings.home), suppress(KeyboardInterrupt):
        require_port(settings.host, settings.port, patience=PORT_PATIENCE_SECONDS)
        get_secret_key()
        if not is_built():
            _say("Building the dashboard; this takes about half a minute, once")
            build_frontend()
        engines = embed_engines()
        for engine in engines:
            _say(f"Embedded {engine.name}: {engine.ground.folder}")
        _say(f"LeadPulse is on {settings.public_url}; Ctrl-C stops it")
        return Supervisor(engines).run()
    return 0


def _web(parsed: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.runtime.frontend import build_frontend
    from leadpulse_app.runtime.server import create_web, require_port, serve

    _attach(parsed.parent)
    if parsed.parent is None:
        require_port(settings.host, settings.port, patience=0)
        build_frontend()
    serve(create_web, websockets=True)
    return 0


def _ingest(_: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.runtime.server import create_ingest, require_port, serve

    _attach()
    require_port(settings.host, settings.port, patience=0)
    serve(create_ingest, websockets=False)
    return 0


def _worker(parsed: argparse.Namespace, _: Settings) -> int:
    from leadpulse_app.tasks.worker import run_worker

    _attach(parsed.parent)
    run_worker()
    return 0


def _attach(parent: int | None = None) -> None:
    from leadpulse_app.runtime.home import embed_engines
    from leadpulse_app.runtime.lifeline import follow_parent

    if parent is not None:
        follow_parent(parent)
    embed_engines()


def _migrate(_: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.runtime.home import running_engines
    from leadpulse_app.schema import migrate

    with running_engines(settings):
        migrate()
    _say("The schema is the newest")
    return 0


def _verify(_: argparse.Namespace, settings: Settings) -> int:
    import psycopg

    from leadpulse_app.database import connection_info
    from leadpulse_app.runtime.home import running_engines
    from leadpulse_app.services.verification import verify

    with running_engines(settings):
        try:
            with psycopg.connect(connection_info(), autocommit=True) as connection:
                found = verify(connection)
        except psycopg.Error as error:
            _complain(f"Not everything could be read: {error}")
            return 1
    for difference in found.differences:
        lead = f" lead {difference.lead_id}" if difference.lead_id else ""
        _say(f"project {difference.project_id}{lead}: {difference.message}")
    _say(f"Checked {found.leads} leads of {found.projects} projects")
    return 1 if found.differences else 0


def _demo(parsed: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.domain.demo import DEFAULT_PEOPLE, MAXIMUM_PEOPLE
    from leadpulse_app.runtime.home import running_engines
    from leadpulse_app.schema import migrate
    from leadpulse_app.services.demo import DEMO_SEED, Progress
    from leadpulse_app.tasks.demo import fill_with_sample_data, open_demo_account

    people = DEFAULT_PEOPLE if parsed.people is None else parsed.people
    seed = DEMO_SEED if parsed.seed is None else parsed.seed
    if not 1 <= people <= MAXIMUM_PEOPLE or not 0 <= seed < 2**31:
        _complain(f"There can be 1 to {MAXIMUM_PEOPLE:,} people, and seeds from 0 on")
        return 1
    told = ""

    def tell(progress: Progress) -> None:
        nonlocal told
        tenths = 10 * progress.done // max(progress.total, 1)
        line = f"{progress.doing}: {10 * tenths} %"
        if line != told:
            told = line
            _say(line)

    async def fill() -> None:
        now = datetime.now(UTC)
        account = await open_demo_account(parsed.email, now=now)
        if account.password is not None:
            _say(f"Email: {account.actor.email}\nPassword: {account.password}")
        new = await fill_with_sample_data(
            account.actor, now=now, tell=tell, people=people, seed=seed
        )
        _say(f"{account.actor.project_name}: {new:,} new events of {people:,} people")

    with running_engines(settings):
        migrate()
        asyncio.run(fill())
    return 0


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.runtime.doctor import examine

    broken = 0
    for finding in examine(settings):
        mark = "ok  " if finding.remedy is None else "BAD "
        _say(f"{mark}{finding.subject}: {finding.state}")
        if finding.remedy is not None:
            _say(f"    {finding.remedy}")
            broken += 1
    return 1 if broken else 0


def _create_admin(_: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.database import transaction
    from leadpulse_app.runtime.home import running_engines
    from leadpulse_app.services.accounts import hash_password, register

    async def create(email: str, name: str, password: str) -> None:
        password_hash = await hash_password(password)
        async with transaction() as session:
            made = await register(
                session,
                email=email,
                password_hash=password_hash,
                name=name,
                now=datetime.now(UTC),
            )
        _say(f"{made.email} is admin of {made.project_name}")

    email, name = _ask("Email"), _ask("Name")
    password = _choose_password()
    with running_engines(settings):
        asyncio.run(create(email, name, password))
    return 0


def _reset_password(parsed: argparse.Namespace, settings: Settings) -> int:
    from leadpulse_app.database import transaction
    from leadpulse_app.runtime.home import running_engines
    from leadpulse_app.services.accounts import hash_password
    from leadpulse_app.services.live import publish_actors
    from leadpulse_app.services.recovery import reset_password

    async def reset(password: str) -> None:
        password_hash = await hash_password(password)
        async with transaction() as session:
            user_id = await reset_password(
                session,
                email=parsed.email,
                password_hash=password_hash,
                now=datetime.now(UTC),
            )
        publish_actors([user_id])
        _say(f"{parsed.email} has a new password and is signed out everywhere")

    password = _choose_password()
    with running_engines(settings):
        asyncio.run(reset(password))
    return 0


def _ask(what: str) -> str:
    return input(f"{what}: ")


def _choose_password() -> str:
    if sys.stdin.isatty():
        chosen = getpass.getpass("Password (empty: one is made): ")
        if chosen:
            return chosen
    made = secrets.token_urlsafe(15)
    _say(f"Password: {made}")
    return made


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
