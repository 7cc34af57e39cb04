"""What kind of PDF file comes out: the key `output` that the data of every type may have."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.reports.fields import ReportModel, Text

#: AES-256 takes at most 127 bytes of UTF-8 (ISO 32000-2, 7.6.4.3.2)
_MAX_PASSWORD_BYTES = 127
Password = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=127)]


class _Strict(ReportModel):
    model_config = ConfigDict(extra="forbid")


class Encryption(_Strict):
    """AES-256. The file's bytes then differ each time, since its keys are drawn by chance."""

    #: asked for when the file is opened; without it anyone may open it
    user_password: Password | None = None
    #: lifts the limits below
    owner_password: Password
    may_print: bool = True
    may_copy: bool = True
    may_modify: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Encryption:
        for password in (self.user_password or "", self.owner_password):
            if len(password.encode("utf-8", "replace")) > _MAX_PASSWORD_BYTES:
                raise ValueError(f"a password must not be longer than {_MAX_PASSWORD_BYTES} bytes of UTF-8")
        if self.user_password == self.owner_password:
            raise ValueError("userPassword and ownerPassword must differ")
        return self


class Output(_Strict):
    """Properties of the file, apart from what is on its pages."""

    subject: Text | None = Field(default=None, max_length=500)
    keywords: list[Text] = Field(default=[], max_length=50)
    #: PDF/A conformance to keep to
    pdfa: Literal["2b", "3b"] | None = None
    #: the data inside the PDF: as JSON as a whole, its rows as CSV
    attach: list[Literal["json", "csv"]] = Field(default=[], max_length=2)
    #: ordered for viewing while it is still being fetched
    linearize: bool = False
    encryption: Encryption | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Output:
        if self.pdfa and self.encryption:
            raise ValueError("pdfa and encryption exclude each other: PDF/A files are never encrypted")
        if self.pdfa == "2b" and self.attach:
            raise ValueError('pdfa "2b" allows no attached data: ask for "3b"')
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Output:
        """Itself, since nobody changes one: as a default it is else copied with all its parts, every time."""
        return self

    @property
    def needs_finishing(self) -> bool:
        """The file as it is streamed is not yet what was asked for."""
        return self.linearize or self.encryption is not None
