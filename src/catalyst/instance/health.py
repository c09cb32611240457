"""Does the workload answer?"""

import http.client
from urllib.parse import urlsplit

LIMIT = 1 << 20


def answers(url: str, timeout: float = 3.0) -> bool:
    """GET /system_stats answers 200, asked through the published address and so through gateway and door."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout)
    try:
        connection.request("GET", "/system_stats", headers={"Connection": "close"})
        reply = connection.getresponse()
        return reply.status == 200 and len(reply.read(LIMIT)) > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
