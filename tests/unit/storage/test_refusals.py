"""An object store's refusal is one plain line."""

from __future__ import annotations

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError

from shared.storage.objects.refusals import reason_of

PUT = "Generic S3 error: Error performing PUT"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "it did not answer in time"),
        (FileNotFoundError("Object at location x not found"), "the bucket does not exist"),
        (
            PermissionDeniedError("status code: 403 Forbidden: <Error><Code>AccessDenied</Code>"),
            "it refused access (AccessDenied): check the AWS_* credentials and what they allow",
        ),
        (
            GenericError(f"{PUT} http://169.254.169.254/latest/api/token - status code: 403 Forbidden"),
            "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (
            GenericError(f"{PUT} - status code: 500 <Code>InternalError</Code>"),
            "it answered 500 (InternalError)",
        ),
        (GenericError(f"{PUT} - status code: 500 <Code>no code</Code>"), "it answered 500"),
        (GenericError(f"{PUT} x - HTTP error\n\nDebug source: status code: 500"), "it can't be reached"),
    ],
)
def test_a_refusal_in_words(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
