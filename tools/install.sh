#!/usr/bin/env bash
# Put kustomize and kubeconform into .bin: the ones on PATH if they are there, else built with Go from tools/go.mod.
# Neither is needed to install nimfleet: without them the stages that use them are reported as "not run".
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .bin
path_without_bin=$(tr ':' '\n' <<<"$PATH" | grep -vxF "$PWD/.bin" | paste -sd: -)
for tool in kustomize kubeconform; do
  [ -x ".bin/$tool" ] && [ ! -L ".bin/$tool" ] && continue
  case $tool in
    kustomize) package=sigs.k8s.io/kustomize/kustomize/v5 ;;
    kubeconform) package=github.com/yannh/kubeconform/cmd/kubeconform ;;
  esac
  if found=$(PATH=$path_without_bin command -v "$tool"); then
    ln -sf "$found" ".bin/$tool"
    echo "setup: $tool from $found"
  elif PATH=$path_without_bin command -v go >/dev/null; then
    echo "setup: building $tool with $(go env GOVERSION) (a minute, once)"
    (cd tools && GOFLAGS=-mod=readonly go build -trimpath -o "../.bin/$tool" "$package") ||
      echo "setup: $tool could not be built; the stages that need it will be reported as not run" >&2
  else
    echo "setup: $tool is missing, and there is no Go to build it; the stages that need it will be reported as not run" >&2
    echo "       install Go or put $tool on PATH, then run: rm -f .bin/.stamp && make setup" >&2
  fi
done
