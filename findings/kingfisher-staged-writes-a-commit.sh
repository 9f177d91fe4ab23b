#!/usr/bin/env bash
# kingfisher 2.14.0: a scan of the staged changes, which sounds like a read, writes a commit object (and its trees)
# into the scanned repository. Nothing names the commit afterwards, so it stays as an unreachable object until git
# removes it, weeks later by default, and each scan of other content adds one.
#
# What one would expect: `git diff --cached` writes nothing, and neither do the other scanners that read the index.
# What follows for tools that audit unreachable objects: content that was staged once, and never committed, is found
# in a commit with the subject "kingfisher staged snapshot".
#
# Needs git, python3 and the network of pip. Exits with 1 if the behaviour has changed.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check kingfisher-bin==2.14.0
kingfisher=$(find "$scratch/venv/lib" -path '*/kingfisher/bin/kingfisher' -type f | head -n 1)
"$kingfisher" --version
git --version

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$scratch
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
git init -q -b main "$scratch/repo"
cd "$scratch/repo"
echo one >a.txt
git add a.txt
git commit -q -m first
echo two >>a.txt
git add a.txt

unreachable() { git fsck --unreachable --no-progress 2>/dev/null | grep -c '^unreachable commit' || true; }
before=$(unreachable)
git diff --cached --quiet || true
"$kingfisher" scan . --staged --no-validate --no-update-check >/dev/null 2>&1 || true
after=$(unreachable)
echo "unreachable commits before the scan: $before, after it: $after"
git fsck --unreachable --no-progress 2>/dev/null | while read -r _ kind id; do
    [ "$kind" = commit ] && git log -1 --format='%h %s' "$id"
done
[ "$before" = 0 ] && [ "$after" = 1 ]
