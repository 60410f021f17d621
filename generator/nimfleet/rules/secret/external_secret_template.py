"""The template of an ExternalSecret cannot be filled in.

## What it checks

The template of an ExternalSecret, in its data, labels, annotations and literals: Go can read it, and it calls only
functions that external-secrets has. Names of its data are in two braces, and every `.name` there is a `secretKey` of
`data` (where nothing else can bring it). A pull secret has the type `kubernetes.io/dockerconfigjson` and the key
`.dockerconfigjson`, and that is JSON with `auths`.

## Why it matters

external-secrets refuses to fill in what Go cannot read, or a name that does not exist, and the Secret is never
made. A Secret of the wrong type, or with broken JSON, is made, but the kubelet does not pull with it:
ImagePullBackOff.

## Example

```yaml
kind: ExternalSecret
spec:
  target:
    template:
      data:
        NGC_API_KEY: "{{ .ngc }}"
  data:
    - secretKey: key
      remoteRef: {key: nvidia-nim-eks/ngc}
```

## Use instead

```yaml
kind: ExternalSecret
spec:
  target:
    template:
      data:
        NGC_API_KEY: "{{ .key }}"
  data:
    - secretKey: key
      remoteRef: {key: nvidia-nim-eks/ngc}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import hit
from nimfleet.rules.subjects import ExternalSecretManifest
from nimfleet.secrets.gotemplate import fault
from nimfleet.secrets.templates import docker_fault, fields

KEY = ".dockerconfigjson"
_SINGLE = re.compile(r"(?<!\{)\{[ ]*\.([A-Za-z_]\w*)[ ]*\}(?!\})")
TYPE = "kubernetes.io/dockerconfigjson"


@rule(
    "secret/external-secret-template",
    subject=ExternalSecretManifest,
    severity=Severity.ERROR,
    source=(
        "external-secrets v2.9.0, runtime/template/v2 (`missingkey=error`, functions); Go, text/template; Kubernetes "
        "documentation, Pull an Image from a Private Registry"
    ),
)
def check(subject: ExternalSecretManifest) -> Iterator[Hit]:
    """What the template asks for and what it gets."""
    spec = subject.spec
    where: Pointer = (*subject.pointer, "target", "template")
    template = mapping(get(spec, "target", "template"))
    data = mapping(template.get("data"))
    names = [text(entry.get("secretKey")) for _, entry in items(spec, "data")]
    refused: set[Pointer] = set()
    if template.get("engineVersion") in (None, "v2"):
        for pointer, written in _templates(template):
            if "{{" in written and (why := fault(written)):
                refused.add(pointer)
                yield hit(subject.document, f"external-secrets cannot read the template: {why}", (*where, *pointer))
    if not sequence(get(spec, "dataFrom")) and template.get("engineVersion") in (None, "v2"):
        for key, value in data.items():
            if ("data", key) in refused:
                continue
            for name in sorted(set(_SINGLE.findall(text(value))) & set(names)):
                message = f"`{{ .{name} }}` stays as it is, because Go wants two braces: write `{{{{ .{name} }}}}`"
                yield hit(subject.document, message, (*where, "data", key))
            for name in sorted(fields(text(value)) - set(names)):
                known = ", ".join(f"`{other}`" for other in sorted(names)) or "none"
                message = (
                    f"the template uses `.{name}`, but `data` has no such `secretKey`; it has {known}: use one of them"
                )
                yield hit(subject.document, message, (*where, "data", key))
    yield from _pull_secret(subject, template, names, readable=("data", KEY) not in refused)


def _templates(template: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Every template in a ``target.template``, by its place there."""
    for part in (("data",), ("metadata", "labels"), ("metadata", "annotations")):
        for key, value in mapping(get(template, *part)).items():
            yield (*part, key), text(value)
    for pointer, entry in items(template, "templateFrom"):
        yield (*pointer, "literal"), text(entry.get("literal"))


def _pull_secret(
    subject: ExternalSecretManifest, template: Mapping[str, Any], names: Sequence[str], *, readable: bool
) -> Iterator[Hit]:
    where: Pointer = (*subject.pointer, "target", "template")
    data = mapping(template.get("data"))
    kind = template.get("type")
    if get(subject.spec, "target", "creationPolicy") in ("Merge", "None"):
        return  # the type is that of the Secret that is there already
    made = KEY in data or (not data and KEY in names)
    if made and kind != TYPE:
        is_now = f"is `{kind}`" if isinstance(kind, str) else "is not said, and so `Opaque`"
        message = (
            f"the Secret has `{KEY}`, but its type {is_now}: nothing pulls with it; set `target.template.type: {TYPE}`"
        )
        yield hit(subject.document, message, (*where, "type") if "type" in template else (*where, "data", KEY))
    elif (
        kind == TYPE
        and data
        and KEY not in data
        and not template.get("templateFrom")
        and template.get("mergePolicy") != "Merge"
    ):
        message = (
            f"the type is `{TYPE}`, but the template makes no `{KEY}`, which the API server asks for; name the key so"
        )
        yield hit(subject.document, message, (*where, "data"))
    config = data.get(KEY)
    if readable and isinstance(config, str) and (broken := docker_fault(config)):
        yield hit(subject.document, f"`{KEY}` {broken}: the kubelet cannot pull with it", (*where, "data", KEY))
