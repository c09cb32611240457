"""Secrets in the environment."""


from catalyst.audit import look
from catalyst.audit.facts import Container
from catalyst.audit.model import CLOUD_KEY, LOGIN, TOKEN, At, Check, Outcome, judge, known
from catalyst.severity import Severity


def _test(facts: Container) -> Outcome:
    variables = known(facts.environment, "its environment is not known")
    places = [At(f"{one.name} holds {kind}", one.line or facts.line("environment")) for one in variables
              if (kind := look.secret_in(one.name, one.value))]  # fmt: skip
    places += [At(f"the command line holds {kind}", facts.line("command")) for word in facts.command or ()
               if (kind := look.token_in(word))]  # fmt: skip
    return judge(places, f"{len(variables)} variables, no secret among them")


CHECK = Check(
    id="container-secret-environment",
    control="clean-environment",
    severity=Severity.HIGH,
    title="no secret stands in a container's environment or command line",
    why="Every process inside reads it in /proc/self/environ, `inspect` shows it to everybody who may ask the engine, "
    "and a compose file takes it into the repository.",
    fix={"compose": "environment: [SECURITY_TOKEN_VAULT_PATH=/run/secrets/vault.age]",
         "docker": "keep tokens in a vault: catalyst vault init", "kubernetes": "env: a secretKeyRef, or better a file"},
    references=("CIS 4.10", "CL-0020", "CL-0021", "CKV_K8S_35", "CWE-798"),
    about=Container,
    kinds=look.EVERY_CONTAINER,
    language="compose",
    good=("environment: [HF_TOKEN_PATH=/run/secrets/hf, SECURITY_LEVEL=high]", "environment: {HF_TOKEN: }",
          "environment: [SECURITY_TOKEN_VAULT_PATH=/run/secrets/v]", "environment: ['HF_TOKEN=${HF_TOKEN}']"),
    bad=(f"environment: [HF_TOKEN={TOKEN}]",
         "environment: {CIVITAI_API_KEY: 0123456789abcdef}",
         f"environment: [X=https://{LOGIN}/]", f"command: run --key {CLOUD_KEY}"),
    test=_test,
)
