#!/bin/bash
# Installs VS Code for the tests, as code-server (VS Code served to a browser),
# from npm alone:
#
#	install-code-server.sh DIR
#
# Needs nodejs 20 or later, a C++ compiler, make, python3, pkg-config, the
# headers of Kerberos and libsecret, and ripgrep. 4.100.3 (VS Code 1.100.3) is the
# last version for node 20. Its install scripts fetch programs from elsewhere, so
# they are not run; what they would have fetched is built here, or is the
# system's own.
set -eu
version=4.100.3
dir=$1
if [ -x "$dir/node_modules/.bin/code-server" ] && "$dir/node_modules/.bin/code-server" --version 2>/dev/null | grep -q "^$version "; then
	echo "code-server $version is there"
	exit 0
fi
mkdir -p "$dir"
cd "$dir"
dir=$PWD
[ -f package.json ] || echo '{"private":true}' >package.json
quietly="--ignore-scripts --no-audit --no-fund --loglevel=error"
npm install "code-server@$version" $quietly
vscode=$dir/node_modules/code-server/lib/vscode
(cd "$vscode" && npm install --omit=dev $quietly)
(cd "$vscode/extensions" && npm install --omit=dev $quietly)

headers=${NODE_HEADERS:-/usr}
gyp=$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js
for module in node-pty @vscode/spdlog native-watchdog @parcel/watcher; do
	if [ -f "$vscode/node_modules/$module/binding.gyp" ]; then
		echo "building $module"
		(cd "$vscode/node_modules/$module" && node "$gyp" rebuild --nodedir="$headers" >"$dir/build.log" 2>&1) || { cat "$dir/build.log"; exit 1; }
	fi
done
argon2=$dir/node_modules/argon2
[ -d "$argon2" ] || argon2=$dir/node_modules/code-server/node_modules/argon2
echo "building argon2"
(cd "$argon2" && npm_config_nodedir=$headers "$dir/node_modules/.bin/node-pre-gyp" install --build-from-source --nodedir="$headers" >"$dir/build.log" 2>&1) || { cat "$dir/build.log"; exit 1; }

mkdir -p "$vscode/node_modules/@vscode/ripgrep/bin"
ln -sf "$(command -v rg)" "$vscode/node_modules/@vscode/ripgrep/bin/rg"
ln -sfn node_modules "$vscode/node_modules.asar"
"$dir/node_modules/.bin/code-server" --version
