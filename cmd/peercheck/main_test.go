package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// main runs the real command in a process of its own: `peercheck` in a script,
// and the hooks that a script installs.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"peercheck": main}) }

// TestScripts are what people do at a terminal, one file a behaviour.
func TestScripts(t *testing.T) {
	goEnv := map[string]string{}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		goEnv[name] = strings.TrimSpace(string(out))
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for k, v := range goEnv {
				env.Setenv(k, v)
			}
			// A new user: nothing of the machine's own configuration counts.
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(env.WorkDir, ".gitconfig"))
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(env.WorkDir))
			return os.WriteFile(filepath.Join(env.WorkDir, ".gitconfig"),
				[]byte("[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// plant puts the demo's token where @TOKEN@ stands in files.
			"plant": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, name := range args {
					text := strings.ReplaceAll(ts.ReadFile(name), "@TOKEN@", demoToken)
					ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
				}
			},
			// exit runs peercheck and demands an exit code: exit CODE ARGS...
			"exit": func(ts *testscript.TestScript, neg bool, args []string) {
				err := ts.Exec("peercheck", args[1:]...)
				code := "0"
				if err != nil {
					code = strings.TrimPrefix(err.Error(), "exit status ")
				}
				if code != args[0] {
					ts.Fatalf("exit code %s, want %s", code, args[0])
				}
			},
			// nosecret demands that no output so far shows the token.
			"nosecret": func(ts *testscript.TestScript, neg bool, args []string) {
				for _, stream := range []string{"stdout", "stderr"} {
					if strings.Contains(ts.ReadFile(stream), demoToken[4:16]) {
						ts.Fatalf("%s shows the secret", stream)
					}
				}
				for _, name := range args {
					if strings.Contains(ts.ReadFile(name), demoToken[4:16]) {
						ts.Fatalf("%s shows the secret", name)
					}
				}
			},
			// bytes writes a file of a kind: bytes FILE utf16|nul|invalid|big|longline|nested|nestedgo
			"bytes": func(ts *testscript.TestScript, neg bool, args []string) {
				line := "token = \"" + demoToken + "\"\n"
				var out []byte
				switch args[1] {
				case "utf16":
					out = []byte{0xFF, 0xFE}
					for _, c := range []byte(line) {
						out = append(out, c, 0)
					}
				case "nul":
					out = []byte("one line\x00\n" + line)
				case "invalid":
					out = []byte("\xff\xfe\xfd bytes \xc3\x28\n" + line)
				case "big":
					out = []byte(strings.Repeat("0123456789abcde\n", 100<<20/16))
				case "nested": // 1 MB of open brackets, over which a recursive parser dies
					out = []byte(strings.Repeat("[", 1<<18) + strings.Repeat("{(", 1<<17) + strings.Repeat("$(", 1<<18) + line)
				case "nestedgo":
					out = []byte("package p\n\nvar x = " + strings.Repeat("(", 1<<19) + "1" + strings.Repeat(")", 1<<19) + "\nvar y " + strings.Repeat("[]", 1<<18) + "int\n" + line)
				case "longline":
					out = []byte(strings.Repeat("a b ", 1<<19) + line)
				default:
					ts.Fatalf("unknown kind %s", args[1])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), out, 0o600))
			},
		},
	})
}

// TestInterrupted: a scan that is stopped is no clean scan.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	p := &program{out: &out, err: &errs, dir: t.TempDir(), env: os.Environ(), now: time.Now}
	if code := p.run(ctx, []string{"scan"}); code != 2 || !strings.Contains(errs.String(), "nothing is judged") {
		t.Errorf("exit code %d, said %q", code, errs.String())
	}
}
