#!/usr/bin/env bash
# check-size.sh BUNDLE: fails where the bundle is over 24 MB, or the repository's files and the bundle together over 60 MiB.
set -euo pipefail
bundle=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
most_bundle=24000000
most_together=$((60 * 1024 * 1024))

bundle_bytes=$(stat -c %s "$bundle")
# What git would carry: tracked files and new ones that are not ignored.
tree_bytes=$(cd "$root" && git ls-files -z -co --exclude-standard | xargs -0 stat -c %s 2> /dev/null | awk '{ sum += $1 } END { print sum + 0 }')
echo "bundle $bundle_bytes bytes (at most $most_bundle), with the repository's $tree_bytes bytes $((bundle_bytes + tree_bytes)) (at most $most_together)"
if [ "$bundle_bytes" -gt "$most_bundle" ]; then
    echo "check-size: the bundle is too large" >&2
    exit 1
fi
if [ "$((bundle_bytes + tree_bytes))" -gt "$most_together" ]; then
    echo "check-size: the repository and the bundle are too large together" >&2
    exit 1
fi
