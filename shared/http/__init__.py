"""HTTP that the producer, the worker's health server and the dashboard share."""

from shared.http.app import create_app
from shared.http.files import pdf_response

__all__ = ["create_app", "pdf_response"]
