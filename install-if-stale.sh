#!/bin/sh
# Brings node_modules up to the lock file, and does nothing when it already is: `npm start` and `npm test`
# work on a fresh clone, and cost no second when nothing changed.
set -e
cd "$(dirname "$0")"
# npm writes its own copy of the lock file last, so an installation that was cut off has none. The checksum spares one
# that is only newer, as after a checkout.
lock=$(cksum <package-lock.json)
installed=node_modules/.mooring-installed
if [ -e node_modules/.package-lock.json ]; then
  if [ "$lock" = "$(cat $installed 2>/dev/null)" ]; then exit 0; fi
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then
    echo "$lock" >$installed
    exit 0
  fi
fi
echo 'Installing dependencies (npm ci) …' >&2
# Warnings would be about the Node that is installed here, which the one in node_modules takes over from.
npm ci --no-progress --loglevel=error >&2
echo "$lock" >$installed
