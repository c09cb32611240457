"""look.py LABEL MODULE NAME CONTEXT: what Catalyst itself finds of security modules here, as the user that runs it."""

import json
import sys

sys.path.insert(0, "/opt/catalyst")
from catalyst.engine import security_modules
from catalyst.render.lsm.profile import Profile

label, module, name, context = sys.argv[1:]
found = {
    "enforced": sorted(security_modules.enforced()),
    "loaded": security_modules.loaded(Profile(module, name, context, "", "")),
}
print(f"@@ {label} {json.dumps(found)}", flush=True)
