"""What an object store's refusal means, in one plain line. Pure."""

from __future__ import annotations

import re

from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
#: where a machine in a cloud asks for its own credentials when it was given none
_NO_CREDENTIALS = re.compile(r"http://169\.254\.\d+\.\d+/")


def reason_of(error: Exception) -> str:
    """Why a call failed, without addresses, keys or the store's own words.

    Args:
        error: of obstore, or a `TimeoutError` of ours.
    """
    text = str(error).split("\n\nDebug source", 1)[0]
    found = _STATUS.search(text)
    status = found[1] if found else ""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if _NO_CREDENTIALS.search(text):
        return "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or status in ("401", "403"):
        return f"it refused access{_code_in(text)}: check the AWS_* credentials and what they allow"
    if isinstance(error, FileNotFoundError):
        return "the bucket does not exist"
    if status:
        return f"it answered {status}{_code_in(text)}"
    return "it can't be reached"


def _code_in(text: str) -> str:
    code = _CODE.search(text)
    return f" ({code[1]})" if code else ""
