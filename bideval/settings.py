"""The frozen settings of a venue server, read once.

Decided here: names, defaults and limits of every setting, and how a wrong one is reported.
Not decided here: what a setting is used for.

Sources: environment variables `BIDEVAL_…` (nested names with `__`, for example
`BIDEVAL_LISTEN__PORT`) over the TOML file over the defaults. Paths are relative to the file's
folder. A test holds the table of docs/guide/venue-administrator.md equal to this module.
"""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from bideval.evidence.encoding import unb64u
from bideval.evidence.sealing import check_recipient
from bideval.evidence.signing import public_key
from bideval.terms.errors import BidevalError, InputError
from bideval.terms.identifiers import venue_id

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS_BYTES = 1 << 20
"""A settings file is a few kilobytes; a larger one is a mistake."""

PREFIX = "BIDEVAL_"


def _checked(check: Callable[[str], object]) -> AfterValidator:
    """Let a check of the core speak as pydantic expects it."""

    def run(text: str) -> str:
        try:
            check(text)
        except BidevalError as error:
            raise ValueError(error.detail or error.code) from None
        return text

    return AfterValidator(run)


VenueName = Annotated[str, _checked(lambda text: venue_id(text, field="id"))]
Recipient = Annotated[str, _checked(check_recipient)]
Url = Annotated[str, Field(pattern=r"^wss?://[^\s/]+(/\S*)?$", max_length=300)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Bytes = Annotated[int, Field(ge=1, le=1 << 40)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[int, Field(ge=1, le=30 * 24 * 3600)]
Hours = Annotated[int, Field(ge=1, le=24 * 366)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VenueSettings(_Part):
    """Which venue this server is."""

    id: VenueName = Field(description="The venue's id in every record; it can never change.")
    name: Words = Field(description="The venue's name as people read it.")
    url: Url = Field(
        default="ws://127.0.0.1:8080/link",
        description="Where other venues reach this server's link.",
    )


class ListenSettings(_Part):
    """Where the server listens."""

    host: Words = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port; 0 takes a free one.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain (PEM).")
    tls_key: Path | None = Field(default=None, description="Private key of the certificate (PEM).")
    tls_authority: Path | None = Field(
        default=None,
        description="Certificate of an authority of your own (PEM) that links to peers trust too.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="A proxy in front does TLS; needed to listen beyond loopback without it.",
    )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @model_validator(mode="after")
    def _tls_is_whole_and_used(self) -> ListenSettings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.tls_cert is None and not self.loopback and not self.behind_proxy:
            raise ValueError("beyond loopback the server needs tls_cert and tls_key, or a proxy")
        return self


class ReportSettings(_Part):
    """With what this venue signs evaluation reports (PAdES); without it they are not signed."""

    certificate: Path | None = Field(
        default=None, description="Certificate that signs reports, with its chain (PEM)."
    )
    key: Path | None = Field(default=None, description="Its private key (PEM), mode 0600.")

    @model_validator(mode="after")
    def _both_or_none(self) -> ReportSettings:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


class StampSettings(_Part):
    """Which authority stamps the record's heads (RFC 3161); without one nothing is stamped."""

    url: str = Field(default="", pattern=r"^(https?://\S+)?$", description="Address to ask.")
    authority: Path | None = Field(
        default=None, description="Certificates that its stamps are trusted by (PEM)."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> StampSettings:
        if bool(self.url) != (self.authority is not None):
            raise ValueError("url and authority go together")
        return self


class PeerSettings(_Part):
    """Another venue, as its administrator's card says."""

    id: VenueName = Field(description="The other venue's id.")
    name: Words = Field(description="Its name as people read it.")
    url: Url = Field(description="Where its link listens.")
    suite: Literal["Ed25519"] = Field(
        default="Ed25519",
        description="Suite of its venue key; checkpoints and cosignatures know no other.",
    )
    public: Words = Field(description="Its public venue key (base64url).")
    recipient: Recipient = Field(description="Its age recipient.")

    @model_validator(mode="after")
    def _key_is_a_safe_one(self) -> PeerSettings:
        try:
            public_key(self.suite, unb64u(self.public))
        except BidevalError as error:
            raise ValueError(f"public: {error.detail or error.code}") from None
        return self


class WorkerSettings(_Part):
    """How many processes serve the venue, side by side behind its one port."""

    count: int = Field(default=1, ge=1, le=64, description="Server processes of this venue.")
    ready_s: int = Field(
        default=600,
        ge=1,
        le=86_400,
        description="Seconds that a process gets to verify the records and to serve.",
    )
    silent_s: int = Field(
        default=30,
        ge=3,
        le=3_600,
        description="Seconds without a sign of life after which a process is replaced.",
    )


class FanoutSettings(_Part):
    """How a venue's processes wake one another."""

    nats: str = Field(
        default="",
        repr=False,
        max_length=300,
        pattern=r"^((nats|tls)://[^\s/]+)?$",
        description="Address of the NATS server, for example `nats://127.0.0.1:4222`.",
    )


class LimitSettings(_Part):
    """What one file, log-in or viewing copy may use."""

    bid_bytes: Bytes = Field(default=2 << 30, description="Bytes of one sealed bid.")
    document_bytes: Bytes = Field(default=256 << 20, description="Bytes of one document.")
    pool_bytes: Bytes = Field(default=256 << 20, description="Bytes of one pool of experts (CSV).")
    login_hours: Hours = Field(default=12, description="How long somebody stays signed in.")
    code_hours: Hours = Field(default=8, description="How long a one-time code works.")
    viewing_seconds: Seconds = Field(default=60, description="CPU time to make a viewing copy.")
    viewing_mebibytes: Count = Field(default=1024, description="Memory to make a viewing copy.")
    viewing_pages: Count = Field(default=5000, description="Pages of a PDF that is shown.")


class Settings(BaseSettings):
    """Everything that differs between two venues that run the same program."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__"
    )

    venue: VenueSettings = Field(description="Which venue this server is.")
    listen: ListenSettings = Field(default=ListenSettings(), description="Where it listens.")
    stamps: StampSettings = Field(default=StampSettings(), description="Who stamps the record.")
    report: ReportSettings = Field(default=ReportSettings(), description="How reports are signed.")
    data_dir: Path = Field(default=Path("data"), description="Folder of everything it keeps.")
    database_url: str = Field(
        default="",
        repr=False,
        description="Database address; empty for SQLite at `bideval.sqlite` in `data_dir`.",
    )
    key_file: Path = Field(
        default=Path("venue.key"), description="The venue's signing key (PEM), mode 0600."
    )
    identity_file: Path = Field(
        default=Path("venue.age"), description="The venue's age identity, mode 0600."
    )
    peers: tuple[PeerSettings, ...] = Field(default=(), description="The other venues.")
    demo: bool = Field(
        default=False,
        description="One-click log-in for every role; only on loopback, and not behind a proxy.",
    )
    language: Literal["zh-CN", "en"] = Field(default="zh-CN", description="Language of pages.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What the log tells; no level tells secrets."
    )
    workers: WorkerSettings = Field(
        default=WorkerSettings(), description="How many processes serve it."
    )
    fanout: FanoutSettings = Field(
        default=FanoutSettings(), description="How its processes wake one another."
    )
    limits: LimitSettings = Field(default=LimitSettings(), description="How much is too much.")

    @property
    def database(self) -> str:
        """The database's address, with the default worked out."""
        return self.database_url or f"sqlite:///{self.data_dir / 'bideval.sqlite'}"

    @model_validator(mode="after")
    def _processes_share_a_database(self) -> Settings:
        if self.workers.count == 1:
            return self
        if not self.database_url.startswith(("postgresql", "postgres:")):
            raise ValueError(
                "workers.count: more than one process needs a PostgreSQL database_url;"
                " an SQLite file has one writing process"
            )
        if not self.fanout.nats:
            raise ValueError(
                "workers.count: more than one process needs fanout.nats;"
                " without it a process learns only by the second what another has written"
            )
        return self

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Settings:
        if self.demo and (self.listen.behind_proxy or not self.listen.loopback):
            raise ValueError("demo: only when listening on loopback, and not behind a proxy")
        names = [self.venue.id, *(peer.id for peer in self.peers)]
        if len(set(names)) != len(names):
            raise ValueError("peers: every venue id occurs once, and this venue is not a peer")
        return self


def load_settings(path: Path) -> Settings:
    """Read the settings file and the environment.

    Raises:
        InputError: `bad_settings`, with the path of the first wrong setting in `field`.

    """
    try:
        settings = Settings(**_over(_read_toml(path), EnvSettingsSource(Settings)()))
    except ValidationError as error:
        raise _first_mistake(error) from None
    return _resolved(settings, path.resolve().parent)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > SETTINGS_BYTES:
            detail = f"must have at most {SETTINGS_BYTES} bytes"
            raise InputError("bad_settings", field="config", detail=detail)
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError("bad_settings", field="config", detail=error.strerror or "") from None
    except ValueError as error:
        raise InputError("bad_settings", field="config", detail=str(error)) from None


def _over(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Merge two trees of settings; what `top` says wins."""
    merged = dict(base)
    for name, value in top.items():
        below = merged.get(name)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[name] = _over(below, value) if both else value  # type: ignore[arg-type]  # both are
    return merged


def _first_mistake(error: ValidationError) -> InputError:
    mistake = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in mistake["loc"]) or "settings"
    return InputError("bad_settings", field=place, detail=mistake["msg"])


def _resolved(settings: Settings, folder: Path) -> Settings:
    """Make paths independent of where the program was started."""
    listen, report, stamps = settings.listen, settings.report, settings.stamps
    tls = _below(folder, listen, "tls_cert", "tls_key", "tls_authority")
    return settings.model_copy(
        update={
            "data_dir": folder / settings.data_dir,
            "key_file": folder / settings.key_file,
            "identity_file": folder / settings.identity_file,
            "listen": listen.model_copy(update=tls),
            "stamps": stamps.model_copy(update=_below(folder, stamps, "authority")),
            "report": report.model_copy(update=_below(folder, report, "certificate", "key")),
        }
    )


def _below(folder: Path, part: _Part, *names: str) -> dict[str, Path]:
    return {name: folder / value for name in names if (value := getattr(part, name)) is not None}
