#!/bin/bash
# Runs the tests of all editors; editors/install.sh must have run before.
#
#	editors/test.sh [SCREENSHOTS]
#
# With an argument, the screenshots of VS Code are written to that folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
(cd "$here/.." && PEERCHECK_E2E=1 go test -count=1 ./editors/)
cd "$here/vscode"
npm run --silent check
node scripts/package.mjs
vsix=$(ls -t peercheck-*.vsix | head -1)
node test/session.mjs "${XDG_CACHE_HOME:-$HOME/.cache}/peercheck/editors/code-server" "$vsix" "$@"
