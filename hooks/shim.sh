#!/bin/sh
{{.Marker}} 1: made by `peercheck hook install`, removed by `peercheck hook uninstall`.
# It runs the hook that was here before, if there was one, and then peercheck.
hook={{quote .Hook}}
binary={{quote .Binary}}

case $0 in
*/*) saved=${0%/*}/$hook{{.Suffix}} ;;
*) saved=./$hook{{.Suffix}} ;;
esac
{{- if .Input}}
# Both get the same input; the dot keeps the newlines at its end.
input=$(cat; echo .)
input=${input%.}
if [ -x "$saved" ] && [ -z "${PEERCHECK_PROBE-}" ]; then
	printf '%s' "$input" | "$saved" "$@" || exit
fi
{{- else}}
if [ -x "$saved" ] && [ -z "${PEERCHECK_PROBE-}" ]; then
	"$saved" "$@" || exit
fi
{{- end}}

# A graphical client may have no useful PATH, so the place of the program is written above.
if [ ! -x "$binary" ]; then
	binary=$(command -v peercheck) || binary=
fi
if [ -z "$binary" ]; then
{{- if .Server}}
	echo "peercheck: refused, because the program is gone from the server: its administrator has to install it again and run \`peercheck hook install --server\`" >&2
{{- else}}
	if [ "${PEERCHECK-}" = 0 ]; then
		echo "peercheck: SKIPPED, because PEERCHECK=0: $hook was not checked" >&2
		exit 0
	fi
	echo "peercheck: blocked, because the program is gone: install it again and run \`peercheck hook install\`, or remove $0 (once: PEERCHECK=0)" >&2
{{- end}}
	exit 2
fi
{{- if .Input}}
printf '%s' "$input" | "$binary" hook run "$hook" "$@"
{{- else}}
exec "$binary" hook run "$hook" "$@"
{{- end}}
