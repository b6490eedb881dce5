"""Sentences of records: worded from message ids and parameters when a record is shown, never stored.

What each record has, and the sentences made of it (docs/output.md): a finding ``message_id`` and ``parameters``
(``summary``, ``advice``), a verdict and a provision ``headline_id`` and ``headline_parameters`` (``headline``),
``reasons`` (``because``) and the procedures of ``settle`` (their ``title``), a capture's caveats ``message_id`` and
``parameters`` (``sentence``), a live sensor the same (``message``). A record of an older version that has sentences
alone keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sensor.catalogue import LANGUAGES, Message, messages, worded
from sensor.record_values import CaveatRecord, MessageRecord
from sensor.records import Record


def message_record(message: Message) -> MessageRecord:
    """A message as records have it."""
    return {"message_id": message.id, "parameters": dict(message.parameters)}


def caveat_record(kind: str, count: int, message: Message) -> CaveatRecord:
    """One of a capture's caveats."""
    return {
        "message_id": message.id,
        "parameters": dict(message.parameters),
        "kind": kind,
        "count": count,
        "sentence": worded("caveat", *message),
    }


def because(reasons: Iterable[Any], language: str = LANGUAGES[0]) -> list[str]:
    """Reasons in words, each once: ids of findings and sentences as they are, messages in the language."""
    return list(dict.fromkeys(one if isinstance(one, str) else _sentence("reason", one, language) for one in reasons))


def in_language(record: Record, language: str = LANGUAGES[0]) -> Record:
    """The record with its sentences in a language."""
    kind = record["record"]
    if kind == "finding" and record.get("message_id"):
        return {**record, **{part: _sentence(part, record, language) for part in ("summary", "advice")}}
    if kind == "sensor":
        record = _listening(record, language)
    if kind in ("capture", "sensor") and record.get("caveats"):
        return {**record, "caveats": [_caveat(one, language) for one in record["caveats"]]}
    if kind in ("verdict", "provision"):
        return _judged(record, language)
    return record


def without_sentences(record: Record) -> Record:
    """The record as it is stored: without what `in_language` makes."""
    kind, found = record["record"], dict(record)
    if kind == "finding" and record.get("message_id"):
        found |= {"summary": None, "advice": None}
    elif kind == "capture" and record.get("caveats"):
        found["caveats"] = [
            {name: value for name, value in one.items() if name != "sentence" or "message_id" not in one}
            for one in record["caveats"]
        ]
    elif kind in ("verdict", "provision"):
        found["because"] = found.pop("reasons", record["because"])
        if record.get("headline_id"):
            found.pop("headline", None)
        if "settle" in record:
            found["settle"] = [{name: one[name] for name in one if name != "title"} for one in record["settle"]]
    return found


def restored(record: Record) -> Record:
    """The record as it was before `without_sentences`, in the language of records."""
    if record["record"] in ("verdict", "provision"):
        record = {**record, "reasons": record.get("because") or []}
    return in_language(record)


def headed(mark: Record, language: str) -> Record:
    """What has a verdict's headline, with that in a language."""
    if not mark.get("headline_id"):
        return mark
    message = {"message_id": mark["headline_id"], "parameters": mark.get("headline_parameters") or {}}
    return {**mark, "headline": _sentence("headline", message, language)}


def _judged(record: Record, language: str) -> Record:
    found = {**headed(record, language)}
    if "reasons" in record:
        found["because"] = because(record["reasons"], language)
    if record.get("settle"):
        titles = messages(language)["words"]["procedure"]
        found["settle"] = [{**one, "title": titles.get(one["procedure"], one["procedure"])} for one in record["settle"]]
    return found


def sensor_message(sentence: str, more: Mapping[str, Any], language: str = LANGUAGES[0]) -> str:
    """How a live sensor does, of what is stored with it; ``sentence`` where that is without a message, or is none."""
    try:
        worded_so = worded("caveat", more["message_id"], more["parameters"], language)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        # Any sensor of a hub may write anything here.
        return sentence
    source = more.get("message_source")
    return f"{source}: {worded_so}" if isinstance(source, str) else worded_so


def _listening(record: Record, language: str) -> Record:
    found = {**record, "message": sensor_message(record["message"], record, language)}
    if record.get("sources"):
        found["sources"] = [
            {**one, "message": sensor_message(one["message"], one, language)} for one in record["sources"]
        ]
    return found


def _caveat(one: Record, language: str) -> Record:
    return {**one, "sentence": _sentence("caveat", one, language)} if one.get("message_id") else one


def _sentence(table: str, message: Record, language: str) -> str:
    """The message of a record; the id where a newer version wrote one that is not known here."""
    try:
        return worded(table, message["message_id"], message.get("parameters") or {}, language)
    except KeyError:
        return str(message["message_id"])
