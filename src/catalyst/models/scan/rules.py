"""Every rule: what it finds, how bad that is, what to do. An id is never used again for something else."""

from collections.abc import Mapping

from catalyst.guard.record import Record
from catalyst.severity import Severity

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
CONVERT = "Ask its author for .safetensors, or convert it where nothing can be hurt: catalyst run -- python3 CONVERT.py"
READ_IT = "Read the lines before you use the pack; run it confined: catalyst up"


class Rule(Record):
    """One rule. `cwe` is its number in the Common Weakness Enumeration."""

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    cwe: int


_RULES = (
    Rule("pickle-dangerous-global", CRITICAL, "a pickle names something that runs code",
         "Loading a pickle calls what it names. This name runs programs or code, or opens files or connections.",
         CONVERT, 502),
    Rule("pickle-unlisted-global", HIGH, "a pickle names something that is not on the list of harmless names",
         "Loading a pickle imports and calls what it names. Only names that tensors need are allowed; block lists leak.",
         CONVERT, 502),
    Rule("pickle-leftover", MEDIUM, "a pickle names a training library's class",
         "Reviewed leftovers of training tools, which do no harm by themselves but are no tensors.", CONVERT, 502),
    Rule("pickle-hidden-name", CRITICAL, "a pickle computes the name of what it loads",
         "No program that saves a model does so; it hides the name from scanners.", CONVERT, 502),
    Rule("pickle-changes-code", CRITICAL, "a pickle changes a function or a class itself",
         "BUILD on something imported sets its attributes for the whole program.", CONVERT, 502),
    Rule("pickle-extension", HIGH, "a pickle uses a code of the extension registry",
         "EXT1, EXT2 and EXT4 stand for names that are registered elsewhere and cannot be seen here.", CONVERT, 502),
    Rule("pickle-malformed", HIGH, "a pickle that breaks off or goes on with something else",
         "Everything before the break runs all the same, and a scanner that stops there has seen nothing.",
         "Get the file again and compare its sha256", 502),
    Rule("disguised-pickle", CRITICAL, "a pickle under another type's name",
         "A loader that trusts the content runs it; a reader who trusts the name does not expect that.",
         "Delete it, and distrust where it came from", 434),
    Rule("disguised-program", HIGH, "a program under another type's name",
         "Malware of 2025 named its ELF files config.json and tmux.conf.",
         "Delete it, and distrust where it came from", 434),
    Rule("wrong-content", HIGH, "a model file whose content is not what its name says",
         "Its loader will refuse it or take it for something else.", "Get the file again and compare its sha256", 434),
    Rule("safetensors-malformed", HIGH, "a safetensors file that breaks the format's rules",
         "Overlaps, holes and lengths beyond the end are how parsers are attacked; the reference refuses them.",
         "Get the file again and compare its sha256", 1284),
    Rule("gguf-malformed", HIGH, "a gguf file that breaks the format's rules",
         "Counts and lengths beyond the file are how parsers are attacked.",
         "Get the file again and compare its sha256", 1284),
    Rule("archive-inconsistent", HIGH, "an archive that two programs read differently",
         "Names, methods or flags disagree, which hides members from scanners and not from loaders.",
         "Unpack it where nothing can be hurt, and scan what comes out", 436),
    Rule("archive-traversal", HIGH, "an archive with a member outside its own folder",
         "Unpacking it writes, or links, where its author wants.", "Delete it, and distrust where it came from", 22),
    Rule("archive-closed", HIGH, "an archive that cannot be looked into",
         "7z and rar files hide pickles from scanners, and no loader of models needs them.",
         "Unpack it where nothing can be hurt, and scan what comes out", 434),
    Rule("keras-lambda", HIGH, "a Keras model with a Lambda layer",
         "A Lambda layer is Python bytecode that runs at loading.",
         CONVERT, 502),
    Rule("node-exec-decoded", CRITICAL, "code that is decoded or fetched and then run",
         "exec or eval of base64, compressed, marshalled or downloaded text.", READ_IT, 506),
    Rule("node-exec", MEDIUM, "code that is made at run time and run",
         "exec, eval or compile of something that is not a constant.",
         READ_IT, 95),
    Rule("node-hidden-name", HIGH, "a function that is reached by a computed name",
         "getattr, vars or __import__ with a name put together hides what is called.", READ_IT, 506),
    Rule("node-runtime-install", HIGH, "packages that are installed while it runs",
         "Code arrives after anybody looked; the node registry forbids it.", READ_IT, 829),
    Rule("node-download-and-run", CRITICAL, "a program that is downloaded and started",
         "curl or wget handed to a shell, or a file that is fetched, made executable and started.", READ_IT, 494),
    Rule("node-shell", MEDIUM, "a command that is put together and run by a shell",
         "os.system, or subprocess with shell=True, on something that is not a constant.", READ_IT, 78),
    Rule("node-unpickle", MEDIUM, "a file is unpickled",
         "pickle.load, torch.load without weights_only=True, numpy.load with allow_pickle=True and the like run what a "
         "model file says. torch before 2.6 does so with weights_only=True too (CVE-2025-32434).", READ_IT, 502),
    Rule("node-indicator", CRITICAL, "something seen in attacks on ComfyUI users",
         "A name, address or path from the attacks listed in this project's threat notes.", READ_IT, 506),
    Rule("node-secrets", HIGH, "a place where secrets are kept",
         "Browser profiles, wallets, ssh and cloud keys are no business of a custom node.", READ_IT, 522),
    Rule("node-persistence", HIGH, "a place that makes code start again",
         "cron, systemd units, shell start-up files and ld.so.preload are no business of a custom node.", READ_IT, 506),
    Rule("node-starts-early", LOW, "a script that runs before anybody asked for a node",
         "prestartup_script.py runs at every start, install.py and setup.py when the pack is installed.", READ_IT, 829),
    Rule("node-requirement-by-address", MEDIUM, "a requirement that does not come from the package index",
         "LLMVISION (2024) got its altered packages in this way.", "Find the package's name on the index and pin it", 829),
)  # fmt: skip

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _RULES}
