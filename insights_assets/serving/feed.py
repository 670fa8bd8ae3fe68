"""The snapshots as an Atom feed (RFC 4287), one entry for each.

An entry's id is made of its category and day alone: a day that is computed again updates its entry,
and a reader is not told of it twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from insights_assets.model.category import Category
from insights_assets.model.context import context_of
from insights_assets.model.headline import headline
from insights_assets.model.sanitize import one_line
from insights_assets.model.snapshot import Snapshot
from insights_assets.serving.presenters import source_note

ATOM = "http://www.w3.org/2005/Atom"
AUTHORITY = "tag:insights_assets,2021"  # RFC 4151: ours since the first partition
ENTRIES = 30  # for each category
LOOK_BACK_DAYS = 60  # for the session before the oldest entry

ET.register_namespace("", ATOM)


def atom_feed(stored: Iterable[tuple[Category, Sequence[Snapshot]]], base: str) -> bytes:
    """Return the feed of `stored`, the snapshots of each category newest first.

    `base` is the address of the page, which the links of the entries lead to.
    """
    entries = sorted(
        (entry for category, snapshots in stored for entry in _entries(category, snapshots)),
        key=lambda entry: (entry[0].date, entry[0].created_at),
        reverse=True,
    )
    feed = ET.Element(f"{{{ATOM}}}feed")
    _text(feed, "id", f"{AUTHORITY}:feed")
    _text(feed, "title", "Daily insight snapshots")
    newest = max((snapshot.created_at for snapshot, _, _ in entries), default=None)
    # An empty feed has no moment of its own; the format wants one.
    _text(feed, "updated", newest.isoformat() if newest else "1970-01-01T00:00:00+00:00")
    ET.SubElement(_element(feed, "author"), f"{{{ATOM}}}name").text = "insights_assets"
    _element(feed, "link", rel="self", href=f"{base}feed.xml")
    for snapshot, category, summary in entries:
        feed.append(_entry(snapshot, category, summary, base))
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entries(
    category: Category, snapshots: Sequence[Snapshot]
) -> Iterator[tuple[Snapshot, Category, str]]:
    for snapshot in snapshots[:ENTRIES]:
        moved = headline(category, snapshot, context_of(snapshot, snapshots))
        note = source_note([snapshot.source])
        yield snapshot, category, f"{moved} {note}" if note else moved


def _entry(snapshot: Snapshot, category: Category, summary: str, base: str) -> ET.Element:
    entry = ET.Element(f"{{{ATOM}}}entry")
    _text(entry, "id", f"{AUTHORITY}:{category.id}:{snapshot.date}")
    score = f"{snapshot.composite_score:.1f}, {snapshot.composite_status}"
    _text(entry, "title", f"{category.title} on {snapshot.date}: {score}")
    _text(entry, "updated", snapshot.created_at.isoformat())
    _text(entry, "summary", summary)
    address = f"{base}?category={category.id}&date={snapshot.date}"
    _element(entry, "link", rel="alternate", href=address)
    return entry


def _element(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)


def _text(parent: ET.Element, name: str, text: str) -> None:
    _element(parent, name).text = one_line(text)
