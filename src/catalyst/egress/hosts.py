"""The hosts that ComfyUI's own features need, each with why and where that is written. Read in November 2026.

Every host is exact where its owner publishes a list: below a wildcard the owner's name server sees each label that
is asked for, and a name at a shared store (`*.r2.cloudflarestorage.com`) is anybody's bucket.

What this list does not close (threats.md N4): whoever may reach huggingface.co or github.com over TLS may also upload
there, into a repository of their own. The broker sees the host, not the method and the path; rules for those need the
broker that ends TLS. For a workload that must not be able to send anything anywhere: NETWORK_MODE=isolated.
"""

from catalyst.egress.rules import Rule, parse
from catalyst.guard.record import Record

HUB = "huggingface.co/.well-known/meta.json, to which Hugging Face's guide on allow lists points (huggingface/hub-docs#2727)"
GUIDE = "Hugging Face, 'Downloading behind a proxy or firewall': Hub, Xet, older LFS (huggingface/hub-docs#2628)"
GITHUB = "GitHub Docs, 'Allowing access to GitHub's services from a restricted network', and the meta API it points to"
RELEASES = "GitHub's meta API; dfetch-org/dfetch#1212 met it as a redirect"
CIVITAI = "civitai/civitai#2113: a download's request and both of its redirects; the bucket as downloaders have it"
MANAGER = "Comfy-Org/ComfyUI-Manager, README and ltdrdata/ComfyUI-Manager#1521"
PIP = "the indexes' own pages: each file's link names its host (packaging.python.org, 'Simple repository API')"


class Host(Record):
    """A rule of the list. `normal`: only at SECURITY_LEVEL=normal, where code may be added at run time."""

    rule: str
    why: str
    source: str
    normal: bool = False


HOSTS = (
    Host("huggingface.co", "models: pages, API and small files", HUB),
    Host("hf.co", "models: the hub's short name", HUB),
    Host("cdn-lfs.hf.co", "models: large files", HUB),
    Host("cdn-lfs-us-1.hf.co", "models: large files", HUB),
    Host("cdn-lfs-eu-1.hf.co", "models: large files", HUB),
    Host("cdn-lfs.huggingface.co", "models: large files, older name", GUIDE),
    Host("cdn-lfs-us-1.huggingface.co", "models: large files, older name", GUIDE),
    Host("cdn-lfs-eu-1.huggingface.co", "models: large files, older name", GUIDE),
    Host("transfer.xethub.hf.co", "models: large files by Xet", HUB),
    Host("transfer.xethub-eu.hf.co", "models: large files by Xet", HUB),
    Host("cas-server.xethub.hf.co", "models: Xet's API, for download and upload", GUIDE),
    Host("cas-server.xethub-eu.hf.co", "models: Xet's API, for download and upload", GUIDE),
    Host("cas-bridge.xethub.hf.co", "models: Xet's files for clients that do not speak it",
        f"{GUIDE}; gradio-app/gradio#11222"),
    Host("cas-bridge.xethub-eu.hf.co", "models: Xet's files for clients that do not speak it",
        f"{GUIDE}; gradio-app/gradio#11222"),
    Host("aws.cdn.hf.co", "models: content network", HUB),
    Host("us.aws.cdn.hf.co", "models: content network", HUB),
    Host("us-east-1.aws.cdn.hf.co", "models: content network", HUB),
    Host("us-west-2.aws.cdn.hf.co", "models: content network", HUB),
    Host("eu-west-3.aws.cdn.hf.co", "models: content network", HUB),
    Host("ap-southeast-1.aws.cdn.hf.co", "models: content network", HUB),
    Host("us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("us-east1.us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("us-central1.us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("us-west4.us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("europe-west4.us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("asia-southeast1.us.gcp.cdn.hf.co", "models: content network", HUB),
    Host("civitai.com", "models: pages and API", CIVITAI),
    Host("civitai.red", "models: the same API for all ratings", "ashleykleynhans/civitai-downloader#9"),
    Host("b2.civitai.com", "models: a download is redirected here", CIVITAI),
    Host("civitai-delivery-worker-prod.5ac0637cfd0766c97916cefa3764fbdf.r2.cloudflarestorage.com",
         "models: a download is redirected here", CIVITAI),
    Host("api.comfy.org", "ComfyUI-Manager: the registry of nodes", MANAGER, normal=True),
    Host("github.com", "ComfyUI-Manager: node packs", GITHUB, normal=True),
    Host("api.github.com", "node packs, front-end versions", GITHUB, normal=True),
    Host("codeload.github.com", "archives of repositories", GITHUB, normal=True),
    Host("raw.githubusercontent.com", "ComfyUI-Manager: its lists", MANAGER, normal=True),
    Host("objects.githubusercontent.com", "release files, large files", GITHUB, normal=True),
    Host("release-assets.githubusercontent.com", "release files", RELEASES, normal=True),
    Host("media.githubusercontent.com", "large files of repositories", GITHUB, normal=True),
    Host("pypi.org", "pip: the index", PIP, normal=True),
    Host("files.pythonhosted.org", "pip: the files", PIP, normal=True),
    Host("download.pytorch.org", "pip: torch for a graphics card", PIP, normal=True),
    Host("download-r2.pytorch.org", "pip: where that index redirects for files", PIP, normal=True),
)  # fmt: skip


def default_rules(level_is_normal: bool) -> tuple[Rule, ...]:
    """The rules that hold when the owner wrote none."""
    return tuple(parse(host.rule) for host in HOSTS if level_is_normal or not host.normal)


def for_models(sites: frozenset[str]) -> frozenset[str]:
    """Of the list, the rules that downloads from these sites need: `hf`, `civitai`. What uploads is not among them."""
    uploads = "cas-server."
    return frozenset(
        host.rule for host in HOSTS
        if not host.normal and ("civitai" if "civitai" in host.rule else "hf") in sites and not host.rule.startswith(uploads)
    )  # fmt: skip
