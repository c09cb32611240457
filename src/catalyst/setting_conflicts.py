"""What two settings say against each other, and what one makes of another.

Never resolved in silence: each refusal names both sides and where they came from.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalyst.errors import Contradiction, PathRefused, SettingsError
from catalyst.setting_values import Level, NetworkMode, text_of

PARANOID = {"security_level": Level.MAXIMUM, "network_mode": NetworkMode.ISOLATED, "enable_forensic_cleanup": True}


def settle(values: dict[str, Any], origin: dict[str, str], names: Mapping[str, str]) -> None:
    """Change `values` and `origin`, by field, to what they mean together; `names` has each field's variable.

    Raises SettingsError for what excludes each other.
    """
    _paranoid(values, origin, names)
    _reach(values, origin, names)
    _cleanup(values, origin, names)
    if values["runtime"] and values["engine"] == "bwrap":
        runtime = _word(names["runtime"], values["runtime"])
        raise Contradiction(runtime, origin["runtime"], _word(names["engine"], "bwrap"), origin["engine"])


def _paranoid(values: dict[str, Any], origin: dict[str, str], names: Mapping[str, str]) -> None:
    if not values["paranoid_mode"]:
        return
    for key, strictest in PARANOID.items():
        if origin[key] != "default" and values[key] != strictest:
            raise Contradiction("PARANOID_MODE=true", origin["paranoid_mode"], _word(names[key], values[key]), origin[key])
        values[key], origin[key] = strictest, "PARANOID_MODE=true"


def _reach(values: dict[str, Any], origin: dict[str, str], names: Mapping[str, str]) -> None:
    """Where the interface is published. Beyond this machine only in public mode, and without TLS only where told."""
    _one_certificate(values, origin, names)
    encrypted = bool(values["tls_certificate"] or values["self_signed"])
    public = values["network_mode"] is NetworkMode.PUBLIC
    if values["bind"] == "auto":
        values["bind"] = "0.0.0.0" if public and (encrypted or values["plain_http"]) else "127.0.0.1"  # noqa: S104 -- behind the login
    if values["bind"].startswith("127.") or values["bind"] == "::1":
        return
    if not public:
        mode = _word(names["network_mode"], values["network_mode"])
        raise Contradiction(mode, origin["network_mode"], f"CATALYST_BIND={values['bind']}", origin["bind"])
    if not encrypted and not values["plain_http"]:
        raise SettingsError(
            f"CATALYST_BIND is {values['bind']} ({origin['bind']}), and without TLS whoever is on the way reads passwords",
            "encrypt it: --self-signed, or --tls-certificate FILE --tls-key FILE; or say that it may be read: --plain-http",
        )


def _one_certificate(values: dict[str, Any], origin: dict[str, str], names: Mapping[str, str]) -> None:
    given = [key for key in ("tls_certificate", "tls_key") if values[key]]
    if len(given) == 1:
        raise SettingsError(f"{names[given[0]]} ({origin[given[0]]}) is of no use alone",
                            "give both: --tls-certificate FILE --tls-key FILE")  # fmt: skip
    if given and values["self_signed"]:
        raise Contradiction("CATALYST_SELF_SIGNED=true", origin["self_signed"],
                            f"CATALYST_TLS_CERTIFICATE={values['tls_certificate']}", origin["tls_certificate"])  # fmt: skip


def _cleanup(values: dict[str, Any], origin: dict[str, str], names: Mapping[str, str]) -> None:
    """What is to be wiped needs forensic cleanup, is not kept as well, and holds no certificate."""
    wipe = _word(names["wipe"], values["wipe"])
    if values["wipe"] and not values["enable_forensic_cleanup"]:
        raise Contradiction(wipe, origin["wipe"], _word(names["enable_forensic_cleanup"], False),
                            origin["enable_forensic_cleanup"])  # fmt: skip
    if set(values["wipe"]) & set(values["keep"]):
        raise Contradiction(wipe, origin["wipe"], _word(names["keep"], values["keep"]), origin["keep"])
    certificate, data = os.path.realpath(values["certificate"] or "/"), os.path.realpath(values["data"])
    if Path(certificate).is_relative_to(data):
        raise PathRefused("CATALYST_CERTIFICATE", values["certificate"], "it lies in the data directory, which is wiped",
                          "name a file elsewhere")  # fmt: skip


def _word(name: str, value: object) -> str:
    return f"{name}={text_of(value)}"
