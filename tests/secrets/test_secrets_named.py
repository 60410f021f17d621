"""Values that their names tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secret_samples import body, encode

from nimfleet.secrets.named import named
from nimfleet.secrets.scan import scan

VALUE = "Zq7wTn3kLp9v"


@pytest.mark.parametrize(
    "text",
    [
        "password: {}",
        "adminPassword: {}",
        "PASSWORD={}",
        "export HF_TOKEN={}",
        'token = "{}"',
        "apiKey: '{}'",
        "TOKEN={} ./run.sh",
        "  - name: NGC_API_KEY\n    value: {}",
        '  - name: "NGC_API_KEY"\n    value: "{}"',
        "{{name: NGC_API_KEY, value: {}}}",
        '{{"name": "NGC_API_KEY", "value": "{}"}}',
        '{{"password":"{}"}}',
        '{{\\"password\\":\\"{}\\"}}',
        "client_secret: {}",
        "nim --api-key {}",
        "nim --api-key={}",
        'args: ["--token", "{}"]',
        "password: |\n  {}\n",
        "password: >-\n  {}\n",
        "password: !!str {}",
        "password: &anchor {}",
        "# password: {}",
        "#NGC_API_KEY={}",
        "password: {} # of the old cluster",
        "spring.datasource.password={}",
        "db-password: {}",
        "PGPASSWORD={}",
        "machine git.example.com login flux password {}",
        "- op: replace\n  path: /stringData/password\n  value: {}",
    ],
)
def test_a_value_is_found_by_its_name(text: str) -> None:
    whole = text.format(VALUE)
    assert [whole[leak.start : leak.end] for leak in named(whole)] == [VALUE]
    between = f"kind: x\n{whole}\nmore: y\n"
    assert [between[leak.start : leak.end] for leak in named(between)] == [VALUE]


@pytest.mark.parametrize(
    "text",
    [
        "password:",
        'password: ""',
        "password: ''\nnext: 1",
        "password: changeme",
        "password: <password>",
        "password: ${PASSWORD}",
        "password: $(PASSWORD)",
        'password: "{{ .password }}"',
        "password: REPLACE_ME",
        "password: ********",
        "password: xxxx",
        "password: todo",
        "password: your-password-here",
        "password: null",
        "message: must be of type password: float64",
        "password: $$PASSWORD",
        "password: *anchor",
        "password: {secretKeyRef: {name: a, key: b}}",
        "password:\n  secretKeyRef:\n    name: grafana-admin\n    key: admin-password",
        "passwordSecretRef: grafana-admin1",
        "secretName: grafana-admin1",
        "tokenFile: /etc/token1234",
        "token_file: /etc/token1234",
        "token: /var/run/secrets/token1",
        "password: /etc/grafana/password1",
        "apiKey: ngc-api-key",
        "apiKey: NGC_API_KEY",
        "token: grafana-token-1",
        "automountServiceAccountToken: true",
        "maxTokens: 4096",
        "max_token: 4096aaaa1",
        "eos_token: <|end_of_text|>",
        "httpTokens: required",
        "tokenizer: meta-llama/Llama-3.1-8B",
        "credentials: SharedConfiguration",
        "token: os.environ['TOKEN1']",
        "token: get_token(1234)",
        "TOKEN=$(cat /run/token1)",
        'if [ "$TOKEN" == "abcd1234" ]; then',
        "# the token: 16 characters, of which 8 are random",
        "# password: see the page 1234 of the wiki",
        "description: the password: it is long",
        "metadata:\n  name: api-key\nspec:\n  value: Zq7wTn3kLp9v",
        "- name: LOG_LEVEL\n  value: Zq7wTn3kLp9v",
        "- name: NGC_API_KEY\n  valueFrom: {secretKeyRef: {name: x, key: y}}",
        "apiKey: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
        "token: arn:aws:secretsmanager:us-west-2:111122223333:secret:x",
        "password: aws-sm:fleet/db1",
        '"parse-passwd": "^1.0.0"',
        "grafana-password: v2.10.3-rc.1",
    ],
)
def test_a_value_that_only_stands_for_a_secret(text: str) -> None:
    assert [text[leak.start : leak.end] for leak in named(text)] == []


def test_the_auth_of_a_docker_config_is_told_once() -> None:
    auth = encode("robot:" + body(20))
    [leak] = scan(f'{{"auths":{{"registry.example.com":{{"auth":"{auth}"}}}}}}')
    assert (leak.kind, leak.encoded) == ("docker-config", 1)
    assert scan(f'{{"auths":{{"registry.example.com":{{"auth":"{encode("robot:changeme")}"}}}}}}') == []


@settings(deadline=None)
@given(
    st.text(max_size=200),
    st.sampled_from(["password: ", "token=", "\nname: API_KEY\nvalue: ", "--api-key "]),
    st.text(max_size=200),
)
def test_any_text_around_a_name(before: str, name: str, after: str) -> None:
    text = before + name + after
    for leak in named(text):
        assert 0 <= leak.start < leak.end <= len(text)
        assert text[leak.start : leak.end].strip()
