#!/bin/sh
# make new-environment [DATA]: asks copier's questions for one more environment, at the template version of the shared files; or takes the
# answers from the file DATA.
set -eu
answer() { sed -n "s/^$1: *['\"]\{0,1\}\([^'\"]*\)['\"]\{0,1\}$/\1/p" .copier-answers.repo.yml; }

data=${1:-}
[ -z "$data" ] || [ -f "$data" ] || { printf 'new-environment: DATA=%s: there is no such file\n' "$data" >&2; exit 1; }
source=$(answer _src_path)
revision=$(answer _commit)
set -- copy --trust ${revision:+--vcs-ref "$revision"} ${data:+--defaults --data-file "$data"} "$source" .
[ -n "$data" ] || exec "${COPIER:-copier}" "$@"

# Without a terminal copier reports a wrong answer as a Python traceback; its last line is the one that helps.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${COPIER:-copier}" "$@" 2>"$log"; then
  if grep -q '^ValueError: ' "$log"; then
    sed -n 's/^ValueError: /new-environment: /p' "$log" >&2
  else
    cat "$log" >&2
  fi
  exit 1
fi
cat "$log" >&2
