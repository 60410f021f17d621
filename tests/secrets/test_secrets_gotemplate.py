"""The syntax of templates: what Go's parser refuses, and what it takes."""

from __future__ import annotations

import pytest

from nimfleet.secrets.gotemplate import FUNCTIONS, fault


@pytest.mark.parametrize(
    "template",
    [
        "no action",
        "{ .key } }}",
        "{{ .key }}",
        '{{ printf "$oauthtoken:%s" .key | b64enc }}',
        "{{ `{{ .key }}` }}",
        '{{"{{"}} .key {{"}}"}}',
        "{{- /* words {{ */ -}}{{/* more */}}",
        '{{ if .a }}x{{ else if eq .b "c" }}y{{ else }}z{{ end }}',
        "{{ with .a }}x{{ else with .b }}y{{ end }}",
        "{{ range $k, $v := . }}{{ $k }}={{ $v }}{{ break }}{{ else }}none{{ end }}",
        "{{ $x := .a }}{{ $x = .b }}{{ $x }}{{ $.a }}",
        '{{ define "x" }}a{{ end }}{{ template "x" . }}{{ template "x" }}{{ block "y" . }}b{{ end }}',
        "{{ (.a | fromJson).b.c }}{{ (index . `a-b`).c }}",
        "{{ 1 }}{{ -1 }}{{ 0x1F }}{{ 1.5e-3 }}{{ 'c' }}{{ true }}",
        "{{\n .a\n | b64enc\n}}",
        "{{ .a | .b }}",
        "{{ .a | }}",
        "{{ .schlüssel }}",
    ],
)
def test_what_go_takes(template: str) -> None:
    assert fault(template) == ""


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ .key }", "closed with one `}`"),
        ("{{ .key", "is not closed"),
        ('{{ "key }}', "has no end"),
        ("{{ `key }}", "has no end"),
        ("{{ /* words */ }}", "`/` cannot stand"),
        ("{{/* words }}", "comment"),
        ("{{ {{ .key }} }}", "`{` cannot stand"),
        ("{{ .key | base64enc }}", "no function `base64enc`. Did you mean 'b64enc'?"),
        ('{{ env "HOME" }}', "leaves the function `env` out"),
        ("{{ .api-key }}", '`index . "api-key"`'),
        ("{{ .key-}}", "`-` cannot stand"),
        ("{{ $key }}", "variable `$key`"),
        ("{{ }}", "no value in an action"),
        ("{{ if }}x{{ end }}", "no value in `if`"),
        ("{{ .a | | b64enc }}", "nothing behind a `|`"),
        ('{{ .a | "b" }}', "a text is none"),
        ("{{ .a | true }}", "`true` is none"),
        ("{{ (.a }}", "`(` without a `)`"),
        ("{{ .a) }}", "`)` without a `(`"),
        ("{{ upper(.a) }}", "`(` stands"),
        ('{{ .a"b" }}', "a text stands"),
        ("{{ .a, .b }}", "`,` stands"),
        ("{{ , }}", "`,` stands"),
        ("{{ true.a }}", "`.a` stands"),
        ("{{ .a | end }}", "`end` begins an action"),
        ("{{ end }}", "ends nothing"),
        ("{{ if .a }}{{ end .a }}", "`.a` stands behind `end`"),
        ("{{ if .a }}", "`{{ if … }}` has no `{{ end }}`"),
        ("{{ else }}", "without an `{{ if }}`"),
        ("{{ if .a }}{{ else }}{{ else }}{{ end }}", "without an `{{ if }}`"),
        ("{{ if .a }}{{ else with .b }}{{ end }}", "`with` stands behind `else`"),
        ("{{ continue }}", "outside of a `range`"),
        ("{{ template .x }}", "no name in quotes"),
        ('{{ block "x" }}{{ end }}', "no value in `block`"),
    ],
)
def test_what_go_refuses(template: str, words: str) -> None:
    assert words in fault(template)


def test_there_is_a_function_under_each_name() -> None:
    assert {"b64enc", "toYaml", "rsaDecrypt", "printf", "default", "uuidv4"} <= FUNCTIONS
    assert not FUNCTIONS & {"env", "expandenv", "include", "tpl", "required"}


def test_very_deep_templates_end() -> None:
    assert fault("{{ " + "(" * 20_000 + ".a" + ")" * 20_000 + " }}") == ""
