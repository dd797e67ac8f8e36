"""The environment, read in this one place and nowhere else."""

import os
import re
import secrets
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINIMUM_SECRET_BYTES = 32
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

_RATE = re.compile(r"(?P<amount>\d{1,9})\s*/\s*minute|0", re.ASCII)


class Environment(StrEnum):
    """Where LeadPulse runs; production refuses unsafe settings."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Every setting, with its variable and its default."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", validation_alias="HOST")
    port: int = Field(8000, ge=1, le=65_535, validation_alias="PORT")
    home: Path = Field(Path(".leadpulse"), validation_alias="LEADPULSE_HOME")
    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    environment: Environment = Field(
        Environment.DEVELOPMENT, validation_alias="LEADPULSE_ENV"
    )
    secret_key: str | None = Field(None, validation_alias="LEADPULSE_SECRET_KEY")
    public_url: str = Field("", validation_alias="LEADPULSE_PUBLIC_URL")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="LEADPULSE_CORS_ORIGINS"
    )
    ingest_rate: int = Field(6000, validation_alias="LEADPULSE_INGEST_RATE")
    """Events that a write key lets in within a minute; 0 for as many as come."""
    ingest_rate_per_address: int = Field(
        200, validation_alias="LEADPULSE_INGEST_RATE_IP"
    )
    """Events that come from pages at one address within a minute; 0 as above."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), validation_alias="LEADPULSE_TRUSTED_PROXIES"
    )
    demo_site: bool | None = Field(None, validation_alias="LEADPULSE_DEMO_SITE")
    web_workers: int = Field(1, ge=1, le=64, validation_alias="WEB_WORKERS")
    worker_threads: int = Field(4, ge=1, le=64, validation_alias="WORKER_THREADS")

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("ingest_rate", "ingest_rate_per_address", mode="before")
    @classmethod
    def _per_minute(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        rate = _RATE.fullmatch(value.strip())
        if rate is None:
            raise ValueError(f"has to be like 6000/minute, or 0 for none: {value!r}")
        return int(rate["amount"] or 0)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(
                ip_network(part.strip(), strict=False)
                for part in value.split(",")
                if part.strip()
            )
        except ValueError as error:
            raise ValueError(
                f"has to be addresses or networks like 10.0.0.0/8: {error}"
            ) from None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://localhost:{self.port}")
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))
        if self.demo_site is None:
            object.__setattr__(self, "demo_site", not self.is_production)
        if self.is_production:
            self._refuse_unsafe()
        return self

    @property
    def is_production(self) -> bool:
        """Whether unsafe settings are refused and errors keep their insides."""
        return self.environment is Environment.PRODUCTION

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are sent over https only."""
        return self.public_url.startswith("https://")

    def _refuse_unsafe(self) -> None:
        if (
            self.secret_key is not None
            and len(self.secret_key.encode()) < MINIMUM_SECRET_BYTES
        ):
            raise ValueError(
                "LEADPULSE_SECRET_KEY needs at least "
                f"{MINIMUM_SECRET_BYTES} bytes in production"
            )
        url = urlsplit(self.public_url)
        if url.scheme != "https" and url.hostname not in LOCAL_HOSTS:
            raise ValueError("LEADPULSE_PUBLIC_URL needs https in production")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return this process's settings.

    Raises:
        pydantic.ValidationError: A variable has a value that can't be used.
    """
    return Settings()


@lru_cache(maxsize=1)
def get_secret_key() -> str:
    """Return the key that signs sessions: the given one, else one made and kept.

    The key made on first run stands in `LEADPULSE_HOME/secret_key`, readable by
    its owner only.
    """
    settings = get_settings()
    if settings.secret_key is not None:
        return settings.secret_key
    path = settings.home / "secret_key"
    settings.home.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32))
    try:
        os.link(draft, path)  # the first of several processes wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
