"""Trying the answers of somebody who sets this pair up, topic by topic."""

from syncdb.pairs.shopify_sentos.checks import check_sentos, check_shop
from syncdb.pairs.shopify_sentos.rules import parse_rules
from syncdb.systems.questions import Tried

TRIES = {
    "shopify": lambda answers: Tried(check_shop(answers, parse_rules(None, answers.shopify_writes or ())[0], None)),
    "sentos": lambda answers: Tried(check_sentos(answers, None)),
    "sentos goods": lambda answers: Tried(check_sentos(answers, None)),
}
