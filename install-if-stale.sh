#!/bin/sh
# Brings node_modules up to the lock file, and does nothing when it already is: `npm start` and `npm test`
# work on a fresh clone, and cost no second when nothing changed.
set -e
cd "$(dirname "$0")"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo 'Installing dependencies (npm ci) …' >&2
  npm ci --no-progress >&2
  touch node_modules/.package-lock.json
fi
