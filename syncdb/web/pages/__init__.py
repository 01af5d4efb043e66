"""The pages: each shows what a command answers, with that command's actions. They compute nothing of their own."""

from syncdb.web.pages import (
    decide,
    entrance,
    errors,
    log,
    mapping,
    missing,
    orders,
    people,
    report,
    secrets,
    settings,
    setup,
    sync,
    things,
    today,
    webhooks,
)

ALL = (
    entrance.WAYS,
    today.WAYS,
    decide.WAYS,
    orders.WAYS,
    things.WAYS,
    sync.WAYS,
    errors.WAYS,
    missing.WAYS,
    report.WAYS,
    log.WAYS,
    webhooks.WAYS,
    mapping.WAYS,
    settings.WAYS,
    secrets.WAYS,
    setup.WAYS,
    people.WAYS,
)
