#!/bin/sh
# Called by copier in the user's repository: `render.sh copy ENV` after a copy, `render.sh update [ENV]` after an update.
# Renders with the first nimfleet that it finds, and always exits 0: copier deletes or half-updates a tree whose task fails.
set -u
operation=$1
environment=${2:-}
say() { printf 'nimfleet: %s\n' "$*" >&2; }

# `make upgrade` reports conflicts itself and renders once, at its end.
[ "${NIMFLEET_RENDER:-yes}" != no ] || exit 0

later() {
  say "$1"
  say "Then clusters/${environment:-*} is rendered by: make render${environment:+ ENV=$environment}"
  exit 0
}

if [ "$operation" = update ]; then
  found=$({ git diff --name-only --diff-filter=U
            git grep -lE '^(<<<<<<< before updating|>>>>>>> after updating)$' -- . ; } 2>/dev/null | sort -u)
  if [ -n "$found" ]; then
    say "CONFLICTS: both you and the template changed the same lines. Edit these files, then git add and commit them:"
    printf '%s\n' "$found" | sed 's/^/nimfleet:   /' >&2
    later "Nothing was rendered: a file with conflict markers is no environment."
  fi
fi
run() {
  say "rendering with $*"
  "$@" >&2 && exit 0
  later "Rendering failed: the reason is above. Correct it first."
}

if [ -n "${NIMFLEET:-}" ]; then
  run "$NIMFLEET" render ${environment:+"$environment"}
elif command -v nimfleet >/dev/null 2>&1; then
  run nimfleet render ${environment:+"$environment"}
elif command -v make >/dev/null 2>&1 && [ -f Makefile ]; then
  # Uses .venv/bin/nimfleet where it is installed and current, and installs the pinned revision where not.
  run make --no-print-directory render ${environment:+"ENV=$environment"}
elif [ -x .venv/bin/nimfleet ]; then
  run .venv/bin/nimfleet render ${environment:+"$environment"}
fi
later "nimfleet is not installed here, so nothing was rendered yet. Install make and Python 3.11 or newer, or nimfleet itself."
