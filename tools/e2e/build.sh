#!/usr/bin/env bash
# Build a control plane once, from Go modules alone: kube-apiserver and etcd into .cache/e2e/<version of Kubernetes>/ and, with
# the argument `flux`, Flux's controllers, sops, age-keygen and Karpenter into .cache/e2e/<name>/<version>/. One module a program, so
# that their dependencies cannot clash. An `etcd` on PATH stands in where etcd cannot be built.
# Exit codes: 0 all are there; 3 they cannot be had on this machine (no Go); anything else: a build failed.
set -euo pipefail
cd "$(dirname "$0")"
cache=$(cd ../.. && pwd)/.cache/e2e
version=$(sed -n 's/^\tk8s\.io\/kubernetes v\([0-9.]*\).*/\1/p' kube-apiserver/go.mod)
target=$cache/$version
mkdir -p "$target"

build() { # program, package, ldflags, folder, module (that of the program's name, unless it is said)
  local output=$4/$1
  [ -x "$output" ] && return 0
  command -v go >/dev/null || return 3
  echo "e2e: building $1 with $(go env GOVERSION), once" >&2
  # Written beside the target and moved, so that an interrupted build leaves nothing that looks finished.
  mkdir -p "$4"
  (cd "${5:-$1}" && GOFLAGS=-mod=readonly nice go build -trimpath -ldflags "-s -w $3" -o "$output.new" "$2")
  mv "$output.new" "$output"
}

IFS=. read -r major minor _ <<<"$version"
stamp=k8s.io/component-base/version
code=0
if [ ! -x "$target/etcd" ]; then
  build etcd go.etcd.io/etcd/server/v3 "" "$target" || code=$?
  if [ "$code" -ne 0 ] && found=$(command -v etcd); then
    ln -sf "$found" "$target/etcd"
    echo "e2e: etcd from $found" >&2
    code=0
  fi
fi
if [ "$code" -eq 0 ]; then
  build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver \
    "-X $stamp.gitVersion=v$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor" "$target" || code=$?
fi
if [ "${1:-}" = flux ]; then
  for name in source-controller kustomize-controller helm-controller; do
    [ "$code" -eq 0 ] || break
    package=github.com/fluxcd/$name
    release=$(sed -n "s|^\t$package v\([0-9.]*\).*|\1|p" $name/go.mod)
    build $name "$package" "" "$cache/$name/$release" || code=$?
  done
  # What people encrypt with, at the versions that kustomize-controller decrypts with: nearly all of it is compiled by now.
  release=$(sed -n 's|^\tgithub.com/getsops/sops/v3 v\([0-9.]*\).*|\1|p' sops/go.mod)
  [ "$code" -ne 0 ] || build sops github.com/getsops/sops/v3/cmd/sops "" "$cache/sops/$release" || code=$?
  [ "$code" -ne 0 ] || build age-keygen filippo.io/age/cmd/age-keygen "" "$cache/sops/$release" sops || code=$?
  # Its main package is ours, so that its version is not all that says what it is.
  release=$(sed -n 's|^\tsigs.k8s.io/karpenter v\([0-9.]*\).*|\1|p' karpenter/go.mod)-$(git hash-object karpenter/main.go)
  [ "$code" -ne 0 ] || build karpenter . "" "$cache/karpenter/$release" || code=$?
fi
if [ "$code" -eq 3 ]; then
  echo "e2e: there is no Go on this machine to build what these tests run: skipped" >&2
fi
[ "$code" -eq 0 ] && echo "$target"
exit "$code"
