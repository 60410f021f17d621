#!/usr/bin/env bash
# Put kustomize and kubeconform into .bin: the ones on PATH if they are there, else built with Go from tools/go.mod.
# Neither is needed to install nimfleet: without them the stages that use them are reported as "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .bin
path_without_bin=$(tr ':' '\n' <<<"$PATH" | grep -vxF "$PWD/.bin" | paste -sd: -)
newer_or_equal() {
  [ "$(printf '%s\n%s\n' "${1#v}" "${2#v}" | sort -V | head -n 1)" = "${2#v}" ]
}

for tool in kustomize kubeconform; do
  [ -x ".bin/$tool" ] && [ ! -L ".bin/$tool" ] && continue
  case $tool in
    # The oldest version that behaves like the pinned one here; a binary built with Go may not know its own.
    kustomize) package=sigs.k8s.io/kustomize/kustomize/v5 oldest=v5.4.0 ;;
    kubeconform) package=github.com/yannh/kubeconform/cmd/kubeconform oldest=v0.6.4 ;;
  esac
  found=$(PATH=$path_without_bin command -v "$tool" || true)
  if [ -n "$found" ] && version=$("$found" version 2>/dev/null || "$found" -v) && ! newer_or_equal "$version" "$oldest"; then
    echo "setup: $found is $version, older than $oldest, and is not used" >&2
    found=
  fi
  if [ -n "$found" ]; then
    ln -sf "$found" ".bin/$tool"
    echo "setup: $tool from $found"
  elif PATH=$path_without_bin command -v go >/dev/null; then
    echo "setup: building $tool with $(go env GOVERSION) (a minute, once)"
    (cd tools && GOFLAGS=-mod=readonly go build -trimpath -o "../.bin/$tool" "$package") ||
      echo "setup: $tool could not be built; the stages that need it will be reported as not run" >&2
  else
    echo "setup: $tool is missing, and there is no Go to build it; the stages that need it will be reported as not run" >&2
    echo "       install Go or put $tool $oldest or newer on PATH, then run make setup again" >&2
  fi
done
