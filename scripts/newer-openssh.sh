#!/usr/bin/env bash
# Unpacks programs of a newer Debian suite, with their libraries, beside the system and not into it, and
# writes FOLDER/run, which starts one of them:
#   scripts/newer-openssh.sh trixie FOLDER openssh-client ssh-audit && FOLDER/run ssh -V
# The packages come from where this machine's own apt takes its packages, checked by apt's own keys.
set -euo pipefail
suite=$1
folder=$(mkdir -p "$2" && cd "$2" && pwd)
shift 2
mirror=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
  grep -v security | head -1 | tr -d ' ' || true)
if [ -z "$mirror" ]; then
  echo "No Debian mirror in /etc/apt: the clients of a newer Debian cannot be fetched." >&2
  exit 1
fi
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/root"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# A mirror that rewrites its lists is trusted as far as this machine trusts it.
trust=$([ -r "$keys" ] && [ -z "${MIRROR_UNSIGNED:-}" ] && echo "signed-by=$keys" || echo "trusted=yes")
echo "deb [$trust] $mirror $suite main" >"$folder/sources.list"
: >"$folder/status"
options=(
  -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache"
  -o "Dir::State::status=$folder/status" -o Debug::NoLocking=1 -o APT::Sandbox::User=root
)
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq -y --no-install-recommends --download-only install "$@" libc6 >/dev/null
for package in "$folder"/cache/archives/*.deb; do dpkg -x "$package" "$folder/root"; done
libraries="$folder/root/usr/lib/$(uname -m)-linux-gnu"
cat >"$folder/run" <<RUN
#!/bin/sh
program=\$1
shift
[ -x "$folder/root/usr/bin/\$program" ] && program="$folder/root/usr/bin/\$program"
case "\$(head -c 2 "\$program")" in
  '#!') PYTHONPATH="$folder/root/usr/lib/python3/dist-packages" exec python3 "\$program" "\$@" ;;
esac
exec "\$(ls $libraries/ld-linux-*.so.*)" --library-path "$libraries" "\$program" "\$@"
RUN
chmod +x "$folder/run"
