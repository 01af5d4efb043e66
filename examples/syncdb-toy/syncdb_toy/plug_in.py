"""What the entry points refer to. The number says which contract of plug-ins this package was written for."""

from syncdb.systems.plug_ins import PlugIn
from syncdb_toy.pair import TOY
from syncdb_toy.system import JSON_FILE

PAIR = PlugIn(contract=1, declares=TOY)
SYSTEM = PlugIn(contract=1, declares=JSON_FILE)
