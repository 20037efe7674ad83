"""Filed documents: a signed text, a vote, a justification. The bytes lie apart, addressed by their SHA-256.

The type is checked by the first bytes, and the name given its usual ending: nobody downloads a program as a PDF.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Self

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused

LARGEST: Final = 10 * 1024 * 1024
"""Bytes."""

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME: Final = 150

_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f")


def _begins(mark: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(mark)


def _is_workbook(content: bytes) -> bool:
    # The names of its parts stand uncompressed in an archive.
    return content.startswith(b"PK\x03\x04") and b"xl/" in content


def _is_text(content: bytes) -> bool:
    return not _CONTROLS.intersection(content)


_KINDS: Final[Mapping[str, tuple[tuple[str, ...], Callable[[bytes], bool]]]] = {
    "application/pdf": ((".pdf",), _begins(b"%PDF-")),
    "image/png": ((".png",), _begins(b"\x89PNG\r\n\x1a\n")),
    "image/jpeg": ((".jpg", ".jpeg"), _begins(b"\xff\xd8\xff")),
    "text/csv": ((".csv",), _is_text),
    "text/plain": ((".txt",), _is_text),
    XLSX: ((".xlsx",), _is_workbook),
}
MEDIA_TYPES: Final = tuple(_KINDS)
"""What may be filed."""


@event("document.filed")
class DocumentFiled(Event, frozen=True, kw_only=True):
    """A document is kept; its stream's key is its SHA-256. `size` is in bytes, `about` what it concerns, if said."""

    name: str
    media_type: str
    size: int
    about: str | None


class Document(Aggregate, kw_only=True):
    """One document of one drawer."""

    kind: ClassVar[str] = "document"
    begins_with: ClassVar[type[Event]] = DocumentFiled

    name: str = ""
    media_type: str = ""
    size: int = 0
    about: str | None = None

    @classmethod
    def file(
        cls,
        known: Self | None,
        stream: str,
        *,
        name: str,
        media_type: str,
        content: bytes,
        about: str | None = None,
    ) -> Self:
        """File a document; the same bytes again are nothing. Refused for another type than said, or its size."""
        if known is not None:
            return known
        if media_type not in _KINDS:
            raise Refused(
                "document-type",
                f"One of {', '.join(MEDIA_TYPES)} was expected.",
                path="$.media_type",
                media_type=media_type,
            )
        if not content:
            raise Refused("document-empty", "The document has no content.", path="$.content")
        if len(content) > LARGEST:
            raise Refused(
                "document-too-large",
                f"At most {LARGEST} bytes.",
                path="$.content",
                most=LARGEST // 1024 // 1024,
            )
        endings, looks_like = _KINDS[media_type]
        if not looks_like(content):
            raise Refused(
                "document-type", f"The content is not {media_type}.", path="$.content", media_type=media_type
            )
        return cls.begin(
            stream,
            name=_safe(name, endings),
            media_type=media_type,
            size=len(content),
            about=about,
        )

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, DocumentFiled):
            self.name, self.media_type = event.name, event.media_type
            self.size, self.about = event.size, event.about


def _safe(name: str, endings: tuple[str, ...]) -> str:
    """The name without the folders before it, ending as its type does."""
    last = name.replace("\\", "/").rpartition("/")[2]
    bare = "".join(letter for letter in last if letter.isprintable()).strip(" .") or "document"
    if bare.lower().endswith(endings):
        stem, _, ending = bare.rpartition(".")
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return bare[: LONGEST_NAME - len(endings[0])] + endings[0]
