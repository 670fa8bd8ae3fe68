"""The environment, read once and checked; each problem is one plain sentence."""

import re
from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from insights_assets.categories import FOLDERS
from insights_assets.model.api_keys import clean_key
from insights_assets.model.dates import GRACE_MINUTES, parse_day
from insights_assets.store_urls import (
    DATABASE_NAME,
    check_mongo_uri,
    check_redis_url,
    database_in,
)

LOCAL_MONGO_URI = "mongodb://127.0.0.1:27117"
LOCAL_REDIS_URL = "redis://127.0.0.1:6479/0"
VENDOR_URL = "https://www.alphavantage.co/query"
FRED_URL = "https://api.stlouisfed.org/fred"
LOCAL_DAGSTER_URL = "http://127.0.0.1:3000"
# Four tries within three hours, for a hiccup; then every six hours for a day, for an outage.
BACKOFF_MINUTES = (5.0, 15.0, 45.0, 120.0, 360.0, 360.0, 360.0, 360.0)
LONGEST_RETENTION_DAYS = 24_855  # MongoDB counts the seconds of a TTL index in 31 bits

# As Dagster knows them: an address, or a team by its name.
OWNER = re.compile(r"team:[A-Za-z0-9_-]+|[^@\s]+@[^@\s]+\.[^@\s]+")
Minutes = Annotated[float, Field(ge=0, le=7 * 24 * 60)]


def _split(text: object) -> object:
    if not isinstance(text, str):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


COMMA_SEPARATED = BeforeValidator(_split)


class SettingsError(Exception):
    """A variable of the environment cannot be used; the message says which and why."""


class Settings(BaseSettings):
    """Every variable of the README's environment table, with its default."""

    model_config = SettingsConfigDict(
        env_prefix="INSIGHTS_", env_ignore_empty=True, hide_input_in_errors=True
    )

    mongo_uri: SecretStr = SecretStr(LOCAL_MONGO_URI)
    mongo_database: Annotated[str, Field(pattern=f"^{DATABASE_NAME}$")] = "insights"
    redis_url: SecretStr = SecretStr(LOCAL_REDIS_URL)
    api_key: SecretStr = Field(SecretStr(""), validation_alias="ALPHA_VANTAGE_API_KEY")
    alpha_vantage_plan: Literal["", "free", "premium"] = Field(
        "", validation_alias="ALPHA_VANTAGE_PLAN"
    )
    base_url: str = Field(VENDOR_URL, validation_alias="ALPHA_VANTAGE_BASE_URL")
    fred_api_key: SecretStr = Field(SecretStr(""), validation_alias="FRED_API_KEY")
    fred_base_url: str = Field(FRED_URL, validation_alias="FRED_BASE_URL")
    categories: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = FOLDERS
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 75
    fetch_deadline_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    dataset_retention_days: Annotated[int, Field(ge=0, le=LONGEST_RETENTION_DAYS)] = 400
    snapshot_retention_days: Annotated[int, Field(ge=0, le=LONGEST_RETENTION_DAYS)] = 0
    start_date: date | None = None  # the history since then is asked for: what it lacks is a gap
    first_partition: date = date(2021, 1, 4)  # if no start_date is given
    dagster_url: str = LOCAL_DAGSTER_URL
    admin_secret: SecretStr = SecretStr("")
    jwt_secret: SecretStr = SecretStr("")
    jwt_public_key: SecretStr = SecretStr("")
    read_token: SecretStr = SecretStr("")
    repair_days: Annotated[int, Field(ge=0, le=30)] = 3
    repair_gap_days: Annotated[int, Field(ge=0, le=92)] = 31
    repair_backoff_minutes: Annotated[tuple[Minutes, ...], NoDecode, COMMA_SEPARATED] = (
        BACKOFF_MINUTES
    )
    repair_grace_minutes: Minutes = GRACE_MINUTES
    repair_interval_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    alert_webhook_url: SecretStr = SecretStr("")
    owners: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = ()

    @field_validator("mongo_uri")
    @classmethod
    def _is_mongo(cls, uri: SecretStr) -> SecretStr:
        trimmed = uri.get_secret_value().strip()
        check_mongo_uri(trimmed)
        return SecretStr(trimmed)

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, url: SecretStr) -> SecretStr:
        trimmed = url.get_secret_value().strip()
        check_redis_url(trimmed)
        return SecretStr(trimmed)

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not _is_url(url):
            raise ValueError("it should be a full URL, as https://host/query")
        return url

    @field_validator("fred_base_url")
    @classmethod
    def _is_fred(cls, url: str) -> str:
        if not _is_url(url):
            raise ValueError("it should be a full URL, as https://host/fred")
        return url

    @field_validator("dagster_url")
    @classmethod
    def _is_webserver(cls, url: str) -> str:
        if not _is_url(url):
            raise ValueError("it should be the URL of Dagster's webserver, as http://host:3000")
        return url

    @field_validator("admin_secret", "jwt_secret", "jwt_public_key", "read_token")
    @classmethod
    def _is_trimmed(cls, secret: SecretStr) -> SecretStr:
        return SecretStr(secret.get_secret_value().strip())  # files often end with a newline

    @field_validator("api_key", "fred_api_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        return SecretStr(clean_key(key.get_secret_value()))

    @field_validator("categories")
    @classmethod
    def _are_categories(cls, wanted: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in wanted if name not in FOLDERS]:
            raise ValueError(
                f"{unknown[0][:40]!r} is not a category; the categories are {', '.join(FOLDERS)}"
            )
        if not wanted:
            raise ValueError(f"it names no category; the categories are {', '.join(FOLDERS)}")
        return tuple(folder for folder in FOLDERS if folder in wanted)

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_webhook(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not _is_url(url.get_secret_value()):
            raise ValueError("it should be a full URL, as https://host/path")
        return url

    @field_validator("owners")
    @classmethod
    def _are_owners(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [owner for owner in owners if not OWNER.fullmatch(owner)]:
            raise ValueError(f"{wrong[0][:40]!r} is neither an address nor team:NAME")
        return owners

    @field_validator("start_date", "first_partition", mode="before")
    @classmethod
    def _is_day(cls, day: object) -> date | None:
        return None if day is None else parse_day(str(day))

    @model_validator(mode="after")
    def _database_of_the_uri(self) -> Self:
        """Use the database that INSIGHTS_MONGO_URI names, unless a variable names one."""
        named = database_in(self.mongo_uri.get_secret_value())
        if named and "mongo_database" not in self.model_fields_set:
            self.mongo_database = named
        return self

    @property
    def first_day(self) -> date:
        """Return the day of the first partition."""
        return self.start_date or self.first_partition

    def value_of(self, variable: str) -> str:
        """Return the value of a variable whose name does not begin with INSIGHTS_."""
        for name, field in type(self).model_fields.items():
            if field.validation_alias == variable:
                value = getattr(self, name)
                return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        raise KeyError(variable)


def load_settings() -> Settings:
    """Read the environment; raise SettingsError naming each variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"{_variable(str(problem['loc'][0]))}:"
            f" {problem['msg'].removeprefix('Value error, ').removesuffix('.')}"
            for problem in error.errors()
        ]
        raise SettingsError("; ".join(problems) + ".") from None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0


def _variable(name: str) -> str:
    return name if name.isupper() else f"INSIGHTS_{name.upper()}"
