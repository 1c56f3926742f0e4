"""Every setting of the system, read once from the environment and then frozen.

A variable is ``OCOP_<GROUP>_<NAME>``: ``OCOP_DATABASE_URL``, ``OCOP_WEB_PUBLIC_URL``. Lists are JSON.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC datetime. Handed in everywhere, so that any date can be replayed."""


def utc_now() -> datetime:
    """The system's clock; only the wiring (app, worker, cli) refers to it."""
    return datetime.now(UTC)


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Group):
    """The PostgreSQL server (15 or newer). Without a ``url`` the embedded server is started."""

    url: str = Field("", description="postgresql+asyncpg://user:password@host/name")
    pool_size: int = Field(8, ge=1, description="connections for writes, per process")
    read_pool_size: int = Field(8, ge=1, description="connections for ordinary reads, per process")
    fast_pool_size: int = Field(8, ge=1, description="connections for sign-in checks and hot public reads")
    pool_timeout: float = Field(5.0, description="seconds to wait for a connection before answering 503")
    connect_timeout: float = Field(5.0, description="seconds to wait for the server to accept")
    command_timeout: float = Field(15.0, description="seconds for one statement, kept by the client")


DEMO_SECRET = "ocop-demo-secret-not-for-production"  # noqa: S105 - refused outside of demo mode


class WebSettings(_Group):
    """How the API presents itself."""

    public_url: str = Field("http://localhost:8000", description="base of every link, QR code and page")
    password_reset_url: str = Field(
        "{public_url}/password-reset#token={token}",
        description="page of the app that a reset letter links to",
    )
    invitation_url: str = Field(
        "{public_url}/invitation#token={token}", description="page of the app that an invitation links to"
    )
    cors_origins: tuple[str, ...] = Field((), description="origins of browser apps that may call the API")
    request_deadline: float = Field(25.0, description="seconds after which a request is given up")
    stream_seconds: float = Field(
        600.0, gt=0, description="after which a followed session's stream ends and its client comes again"
    )
    exports_at_once: int = Field(4, ge=1, description="lists read out as files at once, per process")
    verifications_per_minute: int = Field(
        300, ge=0, description="look-ups of certificates by one network, per process; 0 for no limit"
    )
    credential_checks_per_minute: int = Field(
        60, ge=0, description="checks of electronic certificates by one network, per process; 0 for no limit"
    )
    document_checks_per_minute: int = Field(
        20, ge=0, description="files looked into for one network, per process; 0 for no limit"
    )
    allowed_hosts: tuple[str, ...] = Field((), description="Host headers accepted; empty accepts any one")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        description="networks of the reverse proxies whose X-Forwarded-For names the client",
    )


class SecuritySettings(_Group):
    """Sign-in and signatures."""

    access_minutes: int = Field(15, description="life of an access token")
    refresh_days: int = Field(30, description="life of a refresh token")
    refresh_grace_seconds: int = Field(30, description="a repeat within it is a lost answer, not theft")
    argon2_time_cost: int = Field(3, ge=1)
    argon2_memory_kib: int = Field(65536, ge=8)
    secret: SecretStr = Field(
        SecretStr(DEMO_SECRET), description="32 or more characters; seals second factors, signs upload links"
    )
    second_factor_required: bool = Field(
        False, description="officers, leaders and administrators sign in with a second factor only"
    )
    ledger_key_file: Path | None = Field(None, description="Ed25519 seed of the checkpoints' signature")
    admin_email: str = Field("", description="first administrator, made by `ocop-api seed` if absent")
    admin_password: SecretStr = SecretStr("")


class CredentialSettings(_Group):
    """Who signs the electronic form of certificates."""

    key_file: Path | None = Field(None, description="JSON file of the issuer's keys; must be there if named")
    keys: SecretStr = Field(SecretStr(""), description="the same JSON itself, instead of a file")
    issuer_name: str = Field(
        "Sổ đăng ký giấy chứng nhận OCOP", description="who signs, as credentials name it"
    )


_WITH_DISTRICT = "{province}-{district}-{serial:02}-{year}"
_WITH_COMMUNE = "{province}-{commune}-{serial:02}-{year}"
NUMBER_SCHEMES: dict[str, tuple[str, ...]] = {
    "qd1048-2019": (_WITH_DISTRICT, _WITH_COMMUNE),
    "qd148-2023": (_WITH_DISTRICT, _WITH_COMMUNE),
    "qd1489-2025": (_WITH_COMMUNE,),
    "qd26-2026": (_WITH_COMMUNE,),
}
"""Forms of certificate numbers where no others are set, by regime."""


class CertificateSettings(_Group):
    """How certificates are numbered."""

    number_schemes: dict[str, tuple[str, ...]] = Field(
        NUMBER_SCHEMES,
        description="JSON: by regime, forms of numbers; of several the first whose codes the place has. "
        "Tokens {province}, {district}, {commune}, {serial:02}, {year}; each ends in serial and year. "
        "Regimes that are left out keep theirs",
    )

    @field_validator("number_schemes")
    @classmethod
    def _with_those_left_out(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {**NUMBER_SCHEMES, **given}


class OidcProvider(_Group):
    """One issuer that people may sign in with."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="short name in addresses")
    label: str = Field("", description="what the sign-in button says")
    issuer: str = Field(description="issuer URL; its discovery document is fetched from there")
    client_id: str
    client_secret: SecretStr = SecretStr("")
    scopes: tuple[str, ...] = ("openid", "email", "profile")


class OidcSettings(_Group):
    """Sign-in with accounts of others (OpenID Connect)."""

    providers: tuple[OidcProvider, ...] = Field((), description="JSON list of providers")


class MailSettings(_Group):
    """How e-mail leaves. Without a ``host`` messages are written as files into the outbox folder."""

    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    username: str = ""
    password: SecretStr = SecretStr("")
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field("OCOP <no-reply@localhost>", description="From line of every message")
    outbox: Path = Field(Path("var/outbox"), description="folder of messages when there is no host")


class StorageSettings(_Group):
    """Where files live: a folder, or an S3 bucket when ``s3_bucket`` is given."""

    root: Path = Field(Path("var/storage"), description="folder of stored files and outside ledger heads")
    s3_bucket: str = ""
    s3_endpoint: str = Field("", description="URL of a compatible server; empty for AWS")
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: SecretStr = SecretStr("")
    s3_path_style: bool = Field(True, description="bucket in the path rather than in the host name")


class WebhookSettings(_Group):
    """Where messages about changes may be pushed."""

    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="internal networks that endpoints may lie in; only there plain http is taken"
    )
    timeout: float = Field(10.0, gt=0, le=60, description="seconds for one message, connecting included")


class Settings(BaseSettings):
    """All settings. Built once by the app, the worker or the CLI and passed on."""

    model_config = SettingsConfigDict(
        env_prefix="OCOP_", env_nested_delimiter="_", env_nested_max_split=1, frozen=True, extra="ignore"
    )

    mode: Literal["demo", "production"] = Field("demo", description="demo has accounts with known passwords")
    data_dir: Path = Field(Path("var"), description="embedded database, storage and keys of a first run")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    database: DatabaseSettings = DatabaseSettings()
    web: WebSettings = WebSettings()
    security: SecuritySettings = SecuritySettings()
    credentials: CredentialSettings = CredentialSettings()
    certificates: CertificateSettings = CertificateSettings()
    storage: StorageSettings = StorageSettings()
    oidc: OidcSettings = OidcSettings()
    mail: MailSettings = MailSettings()
    webhooks: WebhookSettings = WebhookSettings()
