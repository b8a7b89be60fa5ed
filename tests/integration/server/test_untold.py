"""The web framework tells nobody of requests, whatever its environment says."""

from __future__ import annotations

import logging

import pytest
from opentelemetry import _logs, metrics, trace
from starlette.testclient import TestClient

from bideval import app as composed
from bideval.app import create_app

ENVIRONMENT = {
    "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
}
"""What makes the framework look for somebody to tell."""
EVERYTHING = {"set up", "traces", "metrics", "logs"}


class Ear(trace.TracerProvider, metrics.MeterProvider, _logs.LoggerProvider):
    """Who asks it for a tracer, a meter or a logger has something to tell."""

    def __init__(self):
        self.heard = set()

    def get_tracer(self, *_asked, **_named):
        self.heard.add("traces")
        return trace.NoOpTracer()

    def get_meter(self, name, *_asked, **_named):
        self.heard.add("metrics")
        return metrics.NoOpMeter(name)

    def get_logger(self, name, *_asked, **_named):
        self.heard.add("logs")
        return _logs.NoOpLogger(name)


@pytest.fixture
def ear(monkeypatch):
    """Somebody who listens to everything that this process tells."""
    made = Ear()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: made)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: made)
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: made)
    monkeypatch.setattr(_logs, "get_logger", made.get_logger)  # it asks inside for the provider
    return made


def told(unserved, ear, caplog):
    """Start, serve one request and stop; return of what somebody was told."""
    with (
        caplog.at_level(logging.WARNING, "fastapi"),
        TestClient(create_app(*unserved), "http://127.0.0.1") as client,
    ):
        assert client.get("/healthz").status_code == 200
    tried = [one for one in caplog.records if one.name == "fastapi"]
    return ear.heard | {"set up" for _ in tried}


def test_nobody_is_told_of_requests(unserved, ear, caplog):
    assert told(unserved, ear, caplog) == set()


def test_the_framework_alone_would_tell_everything(unserved, ear, caplog, monkeypatch):
    monkeypatch.setattr(composed, "UNTOLD", {})
    assert told(unserved, ear, caplog) == EVERYTHING
