package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestTrustedFolders(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the folder of the list is set as Linux sets it")
	}
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	if trustedFolders() != nil {
		t.Error("without a list every folder is trusted")
	}
	if err := os.Mkdir(filepath.Join(home, "peercheck"), 0o700); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(home, "peercheck", "trusted")
	if err := os.WriteFile(list, []byte("# mine\n/work/mine/\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	trusted := trustedFolders()
	for dir, want := range map[string]bool{"/work/mine": true, "/work/mine/sub": true, "/work/mine2": false, "/work": false, "/": false} {
		if trusted(dir) != want {
			t.Errorf("%s: trusted is %t", dir, !want)
		}
	}
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(list, 0o700); err != nil { // a list that cannot be read
		t.Fatal(err)
	}
	if trusted := trustedFolders(); trusted == nil || trusted("/work/mine") {
		t.Error("a list that cannot be read trusts nothing")
	}
}
