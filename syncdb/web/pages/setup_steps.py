"""The steps of a set-up in the browser: each answer is checked and tried, then kept; a secret is never shown again."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from flask import Response, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from syncdb.config.writing import replace_file
from syncdb.errors import ConfigurationError, NeedsPerson
from syncdb.pairs import registry
from syncdb.services.set_up import SetUp
from syncdb.systems.check import Check, CheckState
from syncdb.systems.questions import Topic
from syncdb.web.access import Role, Way
from syncdb.web.pages.mapping_draft import changes_of
from syncdb.web.rendering import asked, back_to, page, site
from syncdb.wording import counted

LARGEST_FILE = 20_000  # bytes of a file that is sent
SENT = ".sent"  # what a file's name ends in until it was tried
log = logging.getLogger("syncdb.web")


def _opened(pair: str, number: int) -> tuple[SetUp, Topic]:
    found = registry.pair_named(pair)
    if found is None or not 0 < number <= len(found.all_topics):
        raise NotFound
    return SetUp(found, changes_of()), found.all_topics[number - 1]


def step(pair: str, number: int) -> Response:
    """The questions of one step."""
    return _shown(*_opened(pair, number), number)


def _shown(
    set_up: SetUp, topic: Topic, number: int, *, problems: Sequence[str] = (), checks: Sequence[Check] = (), typed: bool = False
) -> Response:
    """`typed`: what was typed is shown again, but for secrets."""
    rows = [
        {"one": one, "value": request.form.get(one.key.name, "") if typed and not one.key.secret else one.value}
        for one in set_up.asked(topic)
    ]
    failed = any(one.state is CheckState.FAILED for one in checks)
    return page(
        "setup_step.html",
        f"{set_up.pair.title}: {topic.title}",
        command=f"init --pair {set_up.pair.name}",
        status=HTTPStatus.CONFLICT if problems or failed else HTTPStatus.OK,
        pair=set_up.pair,
        number=number,
        steps=[(at, one.title, set_up.answered(one)) for at, one in enumerate(set_up.topics, 1)],
        topic=topic,
        explained=set_up.pair.explained(topic),
        shown=topic.shown.format_map(_Facts(set_up.facts(topic))) if topic.shown else "",
        rows=rows,
        guarded=set_up.guarded(topic),
        problems=problems,
        checks=checks,
        failed=failed,
        signs={CheckState.PASSED: "ok", CheckState.FAILED: "bad", CheckState.SKIPPED: "off"},
    )


class _Facts(dict[str, str]):
    """What is not known yet is left out of a sentence."""

    def __missing__(self, name: str) -> str:
        return "(not known yet)"


def answer(pair: str, number: int) -> AnyResponse:
    """Check and try the answers of a step; keep them where they work, or where somebody wants them nevertheless."""
    set_up, topic = _opened(pair, number)
    one = asked()
    sent: dict[str, Path] = {}
    try:
        if set_up.guarded(topic):
            site().door.again(one.name, request.form.get("password", ""), one.address, one.now)
        sent = _sent_files(set_up, topic)
        return _answered(set_up, topic, number, sent)
    except (NeedsPerson, ConfigurationError) as error:  # also those of keeping: what was typed is not lost
        told = error.problems if isinstance(error, ConfigurationError) else [str(error)]
        return _shown(set_up, topic, number, problems=_unkept([*told, error.next_step]), typed=True)
    finally:
        for file in sent.values():
            file.unlink(missing_ok=True)


def _unkept(told: Sequence[str]) -> list[str]:
    """Problems without what the page says of all of them."""
    return [one.replace(" Nothing was changed.", "").replace(" Nothing was kept.", "") for one in told if one]


def _of_sent(told: str, sent: Mapping[str, Path]) -> str:
    """A file that was sent is not called by the name that it has here."""
    for name, file in sent.items():
        told = told.replace(f"{name} = {str(file)!r} (given just now): the file", "The file that was sent")
    return told


def _answered(set_up: SetUp, topic: Topic, number: int, sent: dict[str, Path]) -> AnyResponse:
    form = request.form.to_dict() | {name: str(file) for name, file in sent.items()}
    found = set_up.judge(topic, form)
    if found.problems:
        return _shown(set_up, topic, number, problems=found.problems, typed=True)
    checks = [replace(check, told=_of_sent(check.told, sent)) for check in set_up.tried(topic, found.given)]
    failed = any(check.state is CheckState.FAILED for check in checks)
    if request.form.get("do") == "test" or (failed and (topic.must or not request.form.get("anyway"))):
        return _shown(set_up, topic, number, checks=checks, typed=True)
    given = dict(found.given)
    for name, file in sent.items():
        file.replace(file.with_name(file.name.removesuffix(SENT)))
        given[name] = file.name.removesuffix(SENT)
    told = set_up.keep(topic, given, asked().now)
    log.info("%s answered the step %s of setting up %s", asked().name, topic.name, set_up.pair.name)
    last = number == len(set_up.topics)
    return back_to(
        f"/setup?pair={set_up.pair.name}" if last else f"/setup/{set_up.pair.name}/{number + 1}", *told, *_outcome(checks)
    )


def _outcome(checks: Sequence[Check]) -> Iterator[str]:
    """What came of trying answers that were kept: what was reached, how much passed, and what did not."""
    passed = [one for one in checks if one.state is not CheckState.FAILED]
    if passed:
        more = f" {counted(len(passed) - 1, 'more check')} passed." if len(passed) > 1 else ""
        yield f"{passed[0].told}.{more}"
    yield from (f"Kept nevertheless: {one.told} {one.remedy}".rstrip() for one in checks if one.state is CheckState.FAILED)


def _sent_files(set_up: SetUp, topic: Topic) -> dict[str, Path]:
    """Files that were sent as answers, each under a name of ours beside the configuration, for its owner only."""
    found = {}
    for question in topic.questions:
        file = request.files.get(question.key)
        if not question.upload or file is None or not file.filename:
            continue
        content = file.stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ConfigurationError(["That file is too large to be a key. Nothing was kept."])
        found[question.key] = set_up.place.file.with_name(question.upload + SENT)
        try:
            replace_file(found[question.key], content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ConfigurationError(["That file is no text, so it is no key. Nothing was kept."]) from None
        except OSError as error:
            raise ConfigurationError([f"The file cannot be kept: {error.strerror or error}."]) from None
    return found


WAYS = (
    Way("/setup/<pair>/<int:number>", step, Role.OWNER),
    Way("/setup/<pair>/<int:number>", answer, Role.OWNER, ("POST",)),
)
