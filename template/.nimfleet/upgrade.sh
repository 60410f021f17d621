#!/bin/sh
# make upgrade [ENV...]: brings the shared files and the environments to a newer template, then renders.
# copier updates one answers file at a time and wants a clean tree each time, so each step is a temporary commit; at the end
# the branch points to where it was, and the whole upgrade lies in the index, ready to be reviewed and committed.

say() { printf 'upgrade: %s\n' "$*"; }
stop() { printf 'upgrade: %s\n' "$*" >&2; exit 1; }

conflicts() {
  { git diff --name-only --diff-filter=U; git grep -lE '^(<<<<<<< before updating|>>>>>>> after updating)$' -- . || true; } | sort -u
}

main() {
  set -eu
  git rev-parse --verify --quiet HEAD >/dev/null || stop "this folder is not a git repository with a commit; first: git init && git add -A && git commit"
  [ -z "$(git status --porcelain)" ] || stop "there are uncommitted changes; commit or stash them first (git status shows them)"

  files=.copier-answers.repo.yml
  if [ $# -gt 0 ]; then
    for environment in "$@"; do
      [ -f "clusters/$environment/.copier-answers.yml" ] || stop "there is no clusters/$environment/.copier-answers.yml"
      files="$files clusters/$environment/.copier-answers.yml"
    done
  else
    for file in clusters/*/.copier-answers.yml; do
      [ ! -f "$file" ] || files="$files $file"
    done
  fi

  start=$(git rev-parse HEAD)
  trap 'git update-ref HEAD "$start"' EXIT
  trap 'exit 1' INT TERM
  for file in $files; do
    say "$file"
    log=$(mktemp)
    if ! NIMFLEET_RENDER=no "${COPIER:-copier}" update --quiet --trust --defaults ${REF:+--vcs-ref "$REF"} --answers-file "$file" . 2>"$log"; then
      # copier reports some mistakes as a Python traceback, whose last line is the one that helps.
      if grep -q '^ValueError: ' "$log"; then sed -n 's/^ValueError: /upgrade: /p' "$log" >&2; else cat "$log" >&2; fi
      rm -f "$log"
      stop "copier could not update $file (its message is above); mend that and run make upgrade again"
    fi
    cat "$log" >&2
    rm -f "$log"
    found=$(conflicts)
    if [ -n "$found" ]; then
      say "both you and the template changed the same lines. Conflicts in:" >&2
      printf '%s\n' "$found" | sed 's/^/  /' >&2
      stop "edit these files, git add and commit them, then run make upgrade again for what is left. Nothing was rendered."
    fi
    git add -A
    git -c user.name=nimfleet -c user.email=nimfleet@localhost commit --quiet --no-verify --no-gpg-sign --allow-empty -m "make upgrade: $file"
  done
  trap - EXIT INT TERM
  git update-ref HEAD "$start"

  if git diff --cached --quiet; then
    say "everything is up to date"
    exit 0
  fi
  # All of them, whatever was updated: the pinned nimfleet is the same for all.
  "${MAKE:-make}" --no-print-directory render ENV=
  git add -A clusters
  say "done; the change is staged. Review it with git diff --cached, then: make validate, and git commit"
}

# The last line: the shell has read all of this file before an update may replace it.
main "$@"; exit
