#!/bin/sh
# make new-environment: asks copier's questions for one more environment, at the template version of the shared files.
set -eu
answer() { sed -n "s/^$1: *['\"]\{0,1\}\([^'\"]*\)['\"]\{0,1\}$/\1/p" .copier-answers.repo.yml; }

source=$(answer _src_path)
revision=$(answer _commit)
set -- copy --trust ${revision:+--vcs-ref "$revision"} ${1:+--defaults --data-file "$1"} "$source" .
exec "${COPIER:-copier}" "$@"
