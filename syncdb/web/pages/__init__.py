"""The pages: each shows what a command answers, with that command's actions. They compute nothing of their own."""

from syncdb.web.pages import decide, entrance, people, today

ALL = (entrance.WAYS, today.WAYS, decide.WAYS, people.WAYS)
