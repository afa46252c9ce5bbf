#!/usr/bin/env bash
# The management pages in a real browser, against a `vms-cache dev` of the tests' own. Pictures of every page go to
# target/screenshots.
#
# Needs target/debug/vms-cache (or the program in VMS_CACHE), node, python3, a Chromium (or the one in CHROMIUM), and
# playwright-core and axe-core under NODE_PATH, which .ci/lib installs.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export NODE_PATH=${NODE_PATH:-$target/ci/node_modules} SCREENSHOTS=$target/screenshots
export VMS_CACHE=${VMS_CACHE:-$target/debug/vms-cache}
node --test --test-reporter=spec tests/browser/pages.test.js
