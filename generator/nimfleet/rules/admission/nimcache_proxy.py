"""The proxy of a NIMCache is not one.

## What it checks

`proxy.httpProxy` and `proxy.httpsProxy` of a NIMCache begin with `http://` or `https://`; `proxy.noProxy`
is a list of host names, addresses and ranges, separated by commas (IPv6 in brackets).

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMCache
spec:
  proxy:
    httpsProxy: proxy.example.com:3128
```

## Use instead

```yaml
proxy:
  httpsProxy: http://proxy.example.com:3128
  noProxy: 10.0.0.0/8,.example.com
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache

_HOST = re.compile(
    r"""
      \.?[a-zA-Z0-9.-]+                          # a host, or a domain with a dot before it
    | ([0-9]{1,3}\.){3}[0-9]{1,3}(:[0-9]+)?      # an address, with a port
    | \[[0-9a-fA-F:]+\](:[0-9]+)?
    | ([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]{1,2}     # a range
    | \[[0-9a-fA-F:]+\]/[0-9]{1,3}
    """,
    re.VERBOSE,
)


@rule(
    "admission/nimcache-proxy",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, "
        "validateProxyConfiguration"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """Addresses that the webhook does not take."""
    proxy = mapping(get(subject.spec, "proxy"))
    for name in ("httpProxy", "httpsProxy"):
        address = text(proxy.get(name))
        if address and not address.startswith(("http://", "https://")):
            message = f"'{address}' does not begin with http:// or https://"
            yield hit(subject, message, "proxy", name)
    for entry in text(proxy.get("noProxy")).split(","):
        host = entry.strip()
        if host and not _HOST.fullmatch(host):
            message = f"'{host}' is neither host name nor address nor range"
            yield hit(subject, message, "proxy", "noProxy")
