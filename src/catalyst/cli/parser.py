"""Every command's words and help; what a command does is in its own file."""

import argparse

from catalyst import __version__
from catalyst.cli.options import Commands, Formatter, Parser, command, json_flag, passphrase_flag, settings_flags

EPILOG = """\
first steps:
  catalyst up                          ComfyUI, found or fetched, else the canary; confined, and a URL
  catalyst up --comfyui ~/ComfyUI      your own checkout, with its own virtual environment
  catalyst run -- python3 script.py    any command under the same policy
  catalyst password                    a password to log in with, beside the link that up prints
  catalyst doctor                      what this machine can hold
  catalyst verify                      attack the sandbox, and see what held
  catalyst fetch civitai:128713        a model, checked, into the folder where ComfyUI looks
  catalyst audit                       check the Dockerfile, compose file and manifests of this folder
  catalyst scan ~/ComfyUI/models       look for code in models and for danger in nodes

every setting is a flag, an environment variable, or a line of catalyst.toml: catalyst policy show
exit codes: 0 fine, 1 failed, 2 usage, 3 not all could be judged, 4 settings refused, 5 no usable engine,
6 a required control cannot be enforced, 11 to 14 the worst finding or attack that got through
"""


COMMANDS = (
    "up", "down", "status", "logs", "run", "password", "token", "health", "doctor", "verify", "fetch", "audit", "scan",
    "wipe", "policy", "egress", "vault", "render", "completion", "entrypoint",
)  # fmt: skip


def build(only: str = "") -> argparse.ArgumentParser:
    """The command line; with the options of every command, or of the command `only`, which is quicker."""
    parser = Parser(
        prog="catalyst", description="Run ComfyUI so that custom nodes, models and visitors cannot hurt this machine.",
        epilog=EPILOG, formatter_class=Formatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"catalyst {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    fill = (
        _up, _down, _status, _logs, _run, _password, _token, _health, _doctor, _verify, _fetch, _audit, _scan, _wipe,
        _policy, _egress, _vault, _render, _completion, _entrypoint,
    )  # fmt: skip
    for name, add in zip(COMMANDS, fill, strict=True):
        add(commands, not only or name == only)
    return parser


def _up(commands: Commands, full: bool) -> None:
    up = command(commands, "up", "start ComfyUI, or the canary where there is none, and print its URL")
    if full:
        settings_flags(up)
        up.add_argument("--detach", action="store_true", help="return once it answers; end it with catalyst down")
        up.add_argument("--tokens-fd", type=int, action="append", default=[], help=argparse.SUPPRESS)  # from `detach`
        up.add_argument("--fetch-tokens-fd", type=int, action="append", default=[], help=argparse.SUPPRESS)  # the same
        passphrase_flag(up)


def _down(commands: Commands, full: bool) -> None:
    down = command(commands, "down", "end the instance of a data directory, or what a crash left of it")
    if full:
        settings_flags(down, only=("data", "grace", "wipe_within"))


def _status(commands: Commands, full: bool) -> None:
    status = command(commands, "status", "what runs on a data directory")
    if full:
        settings_flags(status, only=("data",))
        json_flag(status)


def _logs(commands: Commands, full: bool) -> None:
    logs = command(commands, "logs", "the output of the last instance of a data directory")
    if full:
        settings_flags(logs, only=("data",))
        logs.add_argument("-f", "--follow", action="store_true", help="go on as it grows")


def _run(commands: Commands, full: bool) -> None:
    run = command(commands, "run", "run any command under the policy; exit code, signals and terminal pass through")
    if full:
        settings_flags(run)
        passphrase_flag(run)
        run.add_argument("command", nargs="*", metavar="-- COMMAND", help="the command and its arguments, after --")


def _password(commands: Commands, full: bool) -> None:
    password = command(commands, "password", "set the password to log in with, from the terminal or standard input")
    if full:
        password.add_argument("--remove", action="store_true", help="have none; links and tokens go on working")
        password.add_argument("--print-hash", action="store_true",
                              help="set nothing, print what CATALYST_PASSWORD_HASH takes: for a container without a shell")
        settings_flags(password, only=("data",))


def _token(commands: Commands, full: bool) -> None:
    token = commands.add_parser("token", help="bearer tokens for scripts, and links that log in once", allow_abbrev=False,
                                formatter_class=Formatter)  # fmt: skip
    if not full:
        return
    acts = token.add_subparsers(title="acts", metavar="ACT", required=True, parser_class=Parser)
    new = command(acts, "new", "print a new token; it is not shown again", "token_new")
    listed = command(acts, "list", "names, and when each was last used", "token_list")
    revoke = command(acts, "revoke", "a token counts no more", "token_revoke")
    link = command(acts, "link", "print an address that logs in once", "token_link")
    for one in (new, revoke):
        one.add_argument("name", help="what it is for")
    for one in (new, listed, revoke, link):
        settings_flags(one, only=("data",))
    json_flag(listed)


def _health(commands: Commands, full: bool) -> None:
    health = command(commands, "health", "exit 0 when ComfyUI answers through the gateway, else 1")
    if full:
        settings_flags(health, only=("data",))


def _doctor(commands: Commands, full: bool) -> None:
    doctor = command(commands, "doctor", "what this machine can hold: per engine and per control, and why not")
    if full:
        settings_flags(doctor)
        json_flag(doctor)


def _verify(commands: Commands, full: bool) -> None:
    verify = command(commands, "verify", "attack a sandbox made as up makes it, and print who stopped what")
    if full:
        _attacks(verify)
        settings_flags(verify)
        json_flag(verify)


def _attacks(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("--layers", choices=("both", "outer", "inner"), default="both",
                        help="leave only one layer: outer is the engine, inner the guard [default: both]")  # fmt: skip
    verify.add_argument("--ablate", action="store_true",
                        help="then without each control in turn, to see who stopped what (minutes)")  # fmt: skip
    verify.add_argument("--sarif", metavar="FILE", help="write a SARIF 2.1.0 report")
    verify.add_argument("--html", metavar="FILE", help="write the matrix as a page")


def _audit(commands: Commands, full: bool) -> None:
    audit = command(commands, "audit", "check Dockerfiles, compose files, manifests, images, containers and this host")
    if full:
        audit.add_argument("subject", nargs="*", metavar="SUBJECT",
                           help="a file, a folder, - for manifests on standard input; or container NAME, image NAME, "
                                "host, instance [default: what runs or lies here]")
        audit.add_argument("--allow-incomplete", action="store_true", help="exit 0 also when not everything is known")
        audit.add_argument("--fix", action="store_true",
                           help="print a diff of what can be mended with certainty, for patch -p0")
        audit.add_argument("--write", action="store_true", help="with --fix: change the files, too")
        audit.add_argument("--scanner", choices=("auto", "trivy", "grype", "none"), default="auto",
                           help="who looks for known vulnerabilities; of folders only when named [default: auto]")
        audit.add_argument("--linters", choices=("auto", "none"), default="auto",
                           help="ask hadolint and compose-lint too, where they are installed [default: auto]")
        audit.add_argument("--vex", metavar="FILE", help="OpenVEX: vulnerabilities that do not apply, for trivy")
        audit.add_argument("--sbom", metavar="FILE",
                           help="write an image's SBOM, by trivy: CycloneDX, or SPDX for *.spdx.json")
        audit.add_argument("--record-nodes", action="store_true",
                           help="record the packs of nodes of ComfyUI folders; a later audit names what changed")
        audit.add_argument("--kubernetes", metavar="VERSION", default="1.37",
                           help="version of the Pod Security Standards [default: 1.37]")
        for form, text in (("sarif", "a SARIF 2.1.0 report"), ("junit", "a JUnit report"),
                           ("html", "the report as a page")):
            audit.add_argument(f"--{form}", metavar="FILE", help=f"write {text}")
        settings_flags(audit, only=("engine", "data"))
        json_flag(audit)


def _wipe(commands: Commands, full: bool) -> None:
    wipe = command(commands, "wipe", "overwrite and remove what lies in folders, and say what cannot be promised")
    if full:
        wipe.add_argument("paths", nargs="+", metavar="PATH", help="a folder, which is emptied and kept, or a file")
        wipe.add_argument("--dry-run", action="store_true", help="only say what would be done")
        wipe.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")
        wipe.add_argument("--within", type=int, metavar="SECONDS", help="stop then, and name what was not wiped")
        wipe.add_argument("--certificate", metavar="FILE", help="write what was done to a new file; JSON if it is *.json")
        json_flag(wipe)


def _policy(commands: Commands, full: bool) -> None:
    policy = commands.add_parser("policy", help="show, explain or compare what is enforced", allow_abbrev=False,
                                 formatter_class=Formatter)  # fmt: skip
    if not full:
        return
    views = policy.add_subparsers(title="views", metavar="VIEW", required=True, parser_class=Parser)
    show = command(views, "show", "every setting with where it came from, and every rule", "policy_show")
    settings_flags(show)
    json_flag(show)
    explain = command(views, "explain", "why a control exists, its rule here, which layer holds it", "policy_explain")
    explain.add_argument("control", help="id of a control, as in: catalyst policy show")
    settings_flags(explain)
    json_flag(explain)
    diff = command(views, "diff", "what changes between two levels", "policy_diff")
    for which in ("first", "second"):
        diff.add_argument(which, choices=("normal", "high", "maximum"))
    json_flag(diff)
    json_flag(command(views, "flags", "the flags COMFYUI_FLAGS may hold", "policy_flags"))


def _egress(commands: Commands, full: bool) -> None:
    egress = commands.add_parser("egress", help="show, change or watch where the workload may connect",
                                 allow_abbrev=False,
                                 formatter_class=Formatter)  # fmt: skip
    if not full:
        return
    views = egress.add_subparsers(title="actions", metavar="ACTION", required=True, parser_class=Parser)
    shown = command(views, "list", "the rules, and the last refused connections with what would allow them",
                     "egress_list")
    settings_flags(shown)
    json_flag(shown)
    for name, text in (("allow", "allow a host, at once"), ("deny", "take a rule off the list, at once")):
        change = command(views, name, f"{text}; with --save for every start", f"egress_{name}")
        change.add_argument("rule", help="HOST or *.SUFFIX, with :PORT where it is not 443")
        change.add_argument("--save", action="store_true", help="write it to catalyst.toml")
        settings_flags(change, only=("data",))
    watch = command(views, "watch", "print every decision as it falls", "egress_watch")
    settings_flags(watch, only=("data",))
    watch.add_argument("--json", action="store_true", help="print one JSON document a line")


def _render(commands: Commands, full: bool) -> None:
    render = command(commands, "render", "print the policy for a consumer, such as docker or apparmor")
    if full:
        render.add_argument("target", help="apparmor, bubblewrap, compose, docker, guard, kubernetes, podman, quadlet, "
                                           "seccomp or selinux")  # fmt: skip
        settings_flags(render)
        json_flag(render)


def _vault(commands: Commands, full: bool) -> None:
    vault = commands.add_parser("vault", help="API tokens in an age file: add, list, rotate; no value is ever shown",
                                allow_abbrev=False, formatter_class=Formatter)  # fmt: skip
    if not full:
        return
    acts = vault.add_subparsers(title="acts", metavar="ACT", required=True, parser_class=Parser)
    init = _vault_act(acts, "init", "make a vault, and an identity beside it unless --recipient names others")
    init.add_argument("--recipient", action="append", default=[], metavar="AGE1…|SSH-KEY",
                      help="who can open it; repeatable")
    init.add_argument("--passphrase", action="store_true", help="seal the identity with a passphrase, asked for")
    add = _vault_act(acts, "set", "add or change a token; its value is asked for, or comes from --stdin or --file")
    add.add_argument("name", help="such as HF_TOKEN")
    add.add_argument("surplus", nargs="*", help=argparse.SUPPRESS)  # a value; argparse would print it in its error
    add.add_argument("--host", action="append", default=[], help="exact host it may go to; repeatable [default: none]")
    add.add_argument("--path", action="append", default=[], metavar="/PREFIX", help="only there; repeatable [default: /]")
    source = add.add_mutually_exclusive_group()
    source.add_argument("--stdin", action="store_true", help="read the value from stdin")
    source.add_argument("--file", metavar="FILE", help="read the value from a file")
    json_flag(_vault_act(acts, "list", "names, hosts, fingerprints and times; never values"))
    _vault_act(acts, "show-hosts", "which token goes to which host, one a line")
    _vault_act(acts, "rm", "take a token out").add_argument("name")
    _vault_act(acts, "rotate", "a new identity in the place of the one beside the vault")
    recipients = _vault_act(acts, "recipients", "who can open it; with --add or --remove, change that")
    for word in ("--add", "--remove"):
        recipients.add_argument(word, action="append", default=[], metavar="AGE1…|SSH-KEY")
    json_flag(recipients)
    take = _vault_act(acts, "import", "take tokens from the environment or from NAME=VALUE lines of a file")
    take.add_argument("file", nargs="?", default="", metavar="FILE", help="- is stdin")
    take.add_argument("--environment", action="store_true",
                      help="HF_TOKEN, HUGGINGFACE_TOKEN, CIVITAI_TOKEN, CIVITAI_API_KEY")
    take.add_argument("--host", action="append", default=[], help="where they may go [default: their own site, if known]")
    _vault_act(acts, "check", "open it and the generation before, and say what is to be done")


def _vault_act(acts: Commands, name: str, text: str) -> argparse.ArgumentParser:
    act = command(acts, name, text, f"vault_{name.replace('-', '_')}")
    passphrase_flag(act)
    settings_flags(act, only=("security_token_vault_path", "vault_identity"))
    return act


def _fetch(commands: Commands, full: bool) -> None:
    fetch = command(commands, "fetch", "get models from HuggingFace and CivitAI, checked, where ComfyUI looks for them")
    if full:
        fetch.add_argument("sources", nargs="*", metavar="SOURCE",
                           help="hf:OWNER/REPO[/FILE][@REVISION], civitai:VERSION, or a page's address; without any: "
                                "models.toml and the variables")  # fmt: skip
        fetch.add_argument("--folder", help="ComfyUI's folder for it [default: it is found out]")
        fetch.add_argument("--sha256", metavar="HASH", help="take the file with this sha256 and no other")
        fetch.add_argument("--update", action="store_true", help="ask the sites anew instead of the lock file")
        json_flag(fetch)
        settings_flags(fetch)
        passphrase_flag(fetch)


def _scan(commands: Commands, full: bool) -> None:
    scan = command(commands, "scan", "look for code in model files and for danger in custom nodes, without running them")
    if full:
        scan.add_argument("paths", nargs="+", metavar="PATH", help="files and folders")
        scan.add_argument("--sarif", metavar="FILE", help="write a SARIF 2.1.0 report")
        json_flag(scan)


def _completion(commands: Commands, full: bool) -> None:
    completion = command(commands, "completion", 'print a completion script, as in: eval "$(catalyst completion bash)"')
    if full:
        completion.add_argument("shell", choices=("bash", "zsh"))


def _entrypoint(commands: Commands, full: bool) -> None:
    entrypoint = command(commands, "entrypoint", "the first program of the image, as in: docker run IMAGE")
    if full:
        entrypoint.add_argument("role", nargs="?", choices=("all", "front", "workload", "fetch", "verify"), default="all",
                                help="front: gateway and broker alone; workload: without them; fetch: models [default: all]")
        entrypoint.add_argument("--beside", type=int, help=argparse.SUPPRESS)
        entrypoint.add_argument("--password-fd", type=int, help=argparse.SUPPRESS)
        for name in ("--tokens-fd", "--fetch-tokens-fd"):
            entrypoint.add_argument(name, type=int, action="append", default=[], help=argparse.SUPPRESS)
        _attacks(entrypoint)
        settings_flags(entrypoint)
        json_flag(entrypoint)
