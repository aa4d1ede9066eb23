package checktest

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Module gives the folder that a module ("example.com/m@v1.2.3") has in the module
// cache, for a test that holds checks against the code of others. It uses no
// network: where the module is not there the test is skipped, and fails if
// PEERCHECK_E2E is set.
func Module(t *testing.T, module string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	cmd.Dir = t.TempDir()
	cmd.Env = append(cmd.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var m struct{ Dir, Error string }
	if json.Unmarshal(out, &m) == nil && err == nil && m.Dir != "" {
		return m.Dir
	}
	if os.Getenv("PEERCHECK_E2E") != "" {
		t.Fatalf("%s is not in the module cache: run `go mod download %s`; %s %v", module, module, m.Error, err)
	}
	t.Skipf("%s is not in the module cache; `go mod download %s` puts it there", module, module)
	return ""
}
