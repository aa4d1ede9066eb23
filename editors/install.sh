#!/bin/bash
# Installs what the tests of the editors need, on Debian: the editors, a browser,
# and VS Code as code-server in a cache folder.
#
#	editors/install.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
missing=
for package in neovim vim vim-ale emacs-nox elpa-eglot elpa-lsp-mode chromium nodejs npm g++ make python3 pkg-config libkrb5-dev libsecret-1-dev ripgrep git; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
# node and npm may come from elsewhere than Debian.
command -v node >/dev/null && missing=${missing/ nodejs/}
command -v npm >/dev/null && missing=${missing/ npm/}
if [ -n "$missing" ]; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi
(cd "$here/vscode" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
bash "$here/vscode/scripts/install-code-server.sh" "${XDG_CACHE_HOME:-$HOME/.cache}/peercheck/editors/code-server"
