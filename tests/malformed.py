"""Subjects that are not what they claim to be: name, bytes, and a line that the error must name (0: it has none)."""

COMPOSE = b"services:\n  comfyui:\n    image: a\n"
POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a}]\n"


def laughs(count: int) -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, count)]
    return "\n".join([*lines, "services: {c: {image: *a1}}", ""]).encode()


FILES: tuple[tuple[str, bytes, int], ...] = (
    # YAML that is none
    ("compose.yaml", b"services:\n\tcomfyui:\n", 2),
    ("compose.yaml", b"services:\n  comfyui: [a\n  b: c\n", 3),
    ("compose.yaml", b"services:\n  a: {image: a\n", 3),
    ("compose.yaml", b"services:\n  a: 'image\n", 3),
    ("compose.yaml", b"services:\n  a:\n    image: a: b\n", 3),
    ("compose.yaml", b"services:\n  a:\n   - x\n  - y\n", 4),
    ("compose.yaml", b"services: *nowhere\n", 1),
    ("compose.yaml", b"services: &a\n  x: *a\n", 2),
    ("compose.yaml", b"a: &a [*a]\nservices: {x: {image: a}}\n", 1),
    ("compose.yaml", b"%YAML 9.9\n---\nservices:\n  a: {}\n", 1),
    ("compose.yaml", b'services:\n  a:\n    image: "\\q"\n', 3),
    ("compose.yaml", b"services:\n  a: {image: a}\n...\ngarbage: [\n", 4),
    ("compose.yaml", b"services:\n  a:\n    image: |-\n   x\n", 4),
    ("compose.yaml", b"services:\n  a: @b\n", 2),
    ("compose.yaml", b"services:\n  a: `b`\n", 2),
    # doubled keys
    ("compose.yaml", b"services:\n  a:\n    privileged: true\n    privileged: false\n", 4),
    ("compose.yaml", COMPOSE + b"services:\n  b: {image: b}\n", 4),
    ("pod.yaml", POD + b"spec: {containers: [{name: b}]}\n", 6),
    ("compose.yaml", b"services:\n  a: {user: root, user: '1000'}\n", 2),
    # bombs
    ("compose.yaml", laughs(6), 0),
    ("compose.yaml", laughs(9), 0),
    ("compose.yaml", b"x: &x {a: b}\nservices:\n  a: {image: a, y: [" + b", ".join([b"*x"] * 200_000) + b"]}\n", 3),
    ("compose.yaml", b"services: " + b"[" * 200 + b"]" * 200, 1),
    ("compose.yaml", b"services: " + b"[" * 100_000, 1),
    ("compose.yaml", b"services: " + b"{a: " * 5_000 + b"}" * 5_000, 1),
    ("compose.yaml", b"services:\n" + b"".join(b" " * depth + b"a:\n" for depth in range(1, 200)), 61),
    ("compose.yaml", b"? " + b"a" * 5000 + b"\n: b\nservices: {a: {image: a}}\n", 1),
    ("compose.yaml", b"#" * (5 << 20), 0),
    ("pod.yaml", POD + b"# " + b"x" * (5 << 20), 0),
    # bytes that are no text
    ("compose.yaml", b"\x7fELF\x02\x01\x01\x00" + b"\x00" * 64, 1),
    ("compose.yaml", b"services:\n  a:\n    image: \xff\xfe\n", 3),
    ("compose.yaml", "services:\n  a: {image: a}\n".encode("utf-16"), 1),
    ("compose.yaml", b"services:\n  a: {image: a\x00b}\n", 2),
    ("compose.yaml", b"services:\n  a: {image: \x07}\n", 2),
    ("pod.yaml", b"\x89PNG\r\n\x1a\n\x00\x00\x00", 1),
    ("Dockerfile", b"FROM a\nRUN \xff\n", 2),
    ("Dockerfile", b"FROM a\x00\n", 1),
    ("Dockerfile", b"FROM a\n" + b"#" * (5 << 20), 0),
    # tags that would make something
    ("compose.yaml", b"services:\n  a: !!python/object/apply:os.system [id]\n", 2),
    ("compose.yaml", b"services: !include other.yaml\n", 1),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nspec: !Ref x\n", 3),
    # templates
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\nspec: {}\n", 4),
    ("pod.yaml", b"{{- if .Values.x }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", 1),
    # something else
    ("compose.yaml", b"", 1),
    ("compose.yaml", b"- a\n- b\n", 1),
    ("compose.yaml", b"just a text\n", 1),
    ("compose.yaml", b"services: []\n", 1),
    ("compose.yaml", b"services:\n", 1),
    ("compose.yaml", b"services:\n  a: image\n", 2),
    ("compose.yaml", b"version: '3'\n", 1),
    ("compose.yaml", COMPOSE + b"---\n" + COMPOSE, 1),
    ("compose.yaml", b"services:\n  a: {extends: {service: b}}\n", 2),
    ("compose.yaml", b"services:\n  a: {extends: b}\n  b: {extends: a}\n", 0),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", 1),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nspec: {containers: {name: a}}\n", 3),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nspec: {containers: [a, b]}\n", 3),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nspec: {containers: []}\n", 3),
    ("pod.yaml", b"apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: a, securityContext: [1]}]\n", 4),
    ("pod.yaml", POD + b"---\n- not\n- an object\n", 7),
    ("pod.yaml", b"apiVersion: v1\nkind: Deployment\nspec: {template: text}\n", 1),
    # Dockerfiles that are none
    ("Dockerfile", b"", 0),
    ("Dockerfile", b"# only words\n", 0),
    ("Dockerfile", b"RUN true\nFROM a\n", 1),
    ("Dockerfile", b"FROM a\nRUNN true\n", 2),
    ("Dockerfile", b"FROM a\nRUN <<EOF\necho\n", 2),
    ("Dockerfile", b"FROM a b\n", 1),
    ("Dockerfile", b"FROM\n", 1),
    ("Dockerfile", b"FROM a\nUSER\n", 2),
    ("Dockerfile", b"<html>\n", 1),
    ("Dockerfile", b"services:\n  a: {}\n", 1),
)
