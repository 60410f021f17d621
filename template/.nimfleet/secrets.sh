#!/bin/sh
# make secrets ENV=<environment>: takes the NGC API key from the terminal (or from the file named by NGC_API_KEY_FILE) and makes the
# image pull secret and the API key secret in the way that environment.yaml chose. The key is never an argument of a command,
# and never a file that is not encrypted.
set -eu
stop() { printf 'secrets: %s\n' "$*" >&2; exit 1; }

[ $# -eq 1 ] || stop "say which environment: make secrets ENV=dev"
intent=clusters/$1/environment.yaml
[ -f "$intent" ] || stop "there is no $intent"

# setting BLOCK KEY DEFAULT: a scalar of a top-level block of environment.yaml, at any depth below it.
setting() {
  value=$(sed -n "/^$1:/,/^[A-Za-z]/s/^ \{1,\}$2: *[\"']\{0,1\}\([^\"'# ]*\).*$/\1/p" "$intent" | head -n 1)
  printf '%s' "${value:-$3}"
}
namespace=$(sed -n "s/^namespace: *[\"']\{0,1\}\([^\"'# ]*\).*$/\1/p" "$intent")
namespace=${namespace:-nim-service}
pull=$(setting secrets pullSecret ngc-secret)
auth=$(setting secrets authSecret ngc-api-secret)
method=$(setting secrets method manual)

need() { command -v "$1" >/dev/null || stop "$1 is not installed; it is needed for method $method"; }
case $method in
  manual) need kubectl ;;
  sops) need sops; [ -f .sops.yaml ] || stop "there is no .sops.yaml that names the age key; README.md shows one" ;;
  external-secrets) need aws ;;
  *) stop "$intent: secrets.method is '$method', not manual, sops or external-secrets" ;;
esac

if [ -n "${NGC_API_KEY_FILE:-}" ]; then
  key=$(cat "$NGC_API_KEY_FILE")
else
  [ -t 0 ] || stop "no terminal to ask for the key; put it into a file and set NGC_API_KEY_FILE"
  printf 'NGC API key (not shown): ' >&2
  trap 'stty echo' EXIT
  stty -echo; IFS= read -r key; stty echo
  trap - EXIT
  printf '\n' >&2
fi
case $key in
  '') stop "the key is empty" ;;
  *[!0-9A-Za-z_=.+/-]*) stop "the key has characters that no NGC API key has (spaces or quotes?)" ;;
esac

# shellcheck disable=SC2016 # $oauthtoken is the user name that nvcr.io wants, not a variable
docker_config() {
  printf '{"auths":{"nvcr.io":{"username":"$oauthtoken","password":"%s","auth":"%s"}}}' \
    "$key" "$(printf '$oauthtoken:%s' "$key" | base64 | tr -d '\n')"
}
manifest() { # NAME TYPE KEY VALUE
  printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\ntype: %s\nstringData:\n  %s: '"'%s'"'\n' "$1" "$namespace" "$2" "$3" "$4"
}
pull_manifest() { manifest "$pull" kubernetes.io/dockerconfigjson .dockerconfigjson "$(docker_config)"; }
auth_manifest() { manifest "$auth" Opaque NGC_API_KEY "$key"; }

case $method in
  manual)
    kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace"
    # Server-side apply, so that no copy of the key stays in an annotation.
    pull_manifest | kubectl apply --server-side -f -
    auth_manifest | kubectl apply --server-side -f -
    ;;
  sops)
    folder=clusters/$1/custom/secrets
    mkdir -p "$folder"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    encrypt() { sops encrypt --filename-override "$folder/$1.yaml" --input-type yaml --output-type yaml /dev/stdin >"$work/$1.yaml"; }
    pull_manifest | encrypt "$pull"
    auth_manifest | encrypt "$auth"
    # Only complete files arrive, and the kustomization.yaml last: Flux never sees a list of files that do not exist.
    mv "$work/$pull.yaml" "$work/$auth.yaml" "$folder/"
    if [ ! -f "$folder/kustomization.yaml" ]; then
      printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - %s.yaml\n  - %s.yaml\n' "$auth" "$pull" \
        >"$folder/kustomization.yaml"
    fi
    printf 'secrets: encrypted %s/%s.yaml and %s.yaml; now: make render ENV=%s, commit, push\n' "$folder" "$pull" "$auth" "$1"
    ;;
  external-secrets)
    name=$(setting secrets remoteKey "$(setting cluster name '')/ngc")
    property=$(setting secrets property NGC_API_KEY)
    region=$(setting cluster region '')
    if aws secretsmanager describe-secret --region "$region" --secret-id "$name" >/dev/null 2>&1; then
      set -- put-secret-value --secret-id "$name"
    else
      set -- create-secret --name "$name"
    fi
    printf '{"%s":"%s"}' "$property" "$key" |
      aws secretsmanager "$@" --region "$region" --secret-string file:///dev/stdin
    ;;
esac
