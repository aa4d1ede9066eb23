package hooks

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

// savedSuffix is appended to the name of a hook that was there before ours. It
// stays in the same folder, because hooks look for their helpers beside "$0".
const savedSuffix = ".peercheck-saved"

// marker tells our own scripts from other people's.
const marker = "# peercheck hook shim"

//go:embed shim.sh
var shimSource string

var shimTemplate = template.Must(template.New("shim").Funcs(template.FuncMap{"quote": shellQuote}).Parse(shimSource))

// shim is the script for one hook. binary is the absolute path of peercheck.
func shim(hook, binary string) ([]byte, error) {
	if strings.ContainsRune(binary, 0) {
		return nil, fmt.Errorf("the path of the program holds a NUL byte: %q", binary)
	}
	var b bytes.Buffer
	err := shimTemplate.Execute(&b, struct {
		Marker, Hook, Binary, Suffix string
		Input, Server                bool
	}{marker, hook, binary, savedSuffix, readsInput[hook], isServer(hook)})
	return b.Bytes(), err
}

// readsInput are the hooks that Git hands something on standard input.
var readsInput = map[string]bool{"pre-push": true, "pre-receive": true}

// shellQuote makes one word of POSIX sh of any text: in single quotes nothing is
// special but the single quote.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// isShim reports whether a hook's content is one of our scripts.
func isShim(content []byte) bool {
	_, rest, _ := bytes.Cut(content, []byte("\n"))
	return bytes.HasPrefix(rest, []byte(marker))
}
