package cache_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/cache"
)

func key(values ...any) cache.Key {
	h := cache.NewHash("test")
	h.Add(values...)
	return h.Key()
}

// files gives the entries of a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestGetWhatWasPut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	opts := cache.Options{Dir: dir, Identity: "build 1"}
	d := cache.Open(opts)
	d.Put(key("a"), []byte("one"))
	d.Put(key("a"), []byte("two"))
	d.Put(key("empty"), nil)
	for _, test := range []struct {
		name string
		dir  *cache.Dir
		key  cache.Key
		want string
	}{
		{"same", d, key("a"), "two"},
		{"empty", d, key("empty"), ""},
		{"another process", cache.Open(opts), key("a"), "two"},
		{"another key", d, key("b"), "none"},
		{"the same text, split elsewhere", d, key("a", ""), "none"},
		{"another build", cache.Open(cache.Options{Dir: dir, Identity: "build 2"}), key("a"), "none"},
		{"no folder", cache.Open(cache.Options{Identity: "build 1"}), key("a"), "none"},
	} {
		got := "none"
		if data, ok := test.dir.Get(test.key); ok {
			got = string(data)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v; others can read the folder", info.Mode(), err)
	}
}

// Whatever happens to a file, it is found to be no entry.
func TestTorn(t *testing.T) {
	for name, tear := range map[string]func([]byte) []byte{
		"shorter":       func(b []byte) []byte { return b[:len(b)-1] },
		"nearly empty":  func(b []byte) []byte { return b[:3] },
		"empty":         func([]byte) []byte { return nil },
		"longer":        func(b []byte) []byte { return append(b, 0) },
		"another value": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"zeroes":        func(b []byte) []byte { return make([]byte, len(b)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := cache.Open(cache.Options{Dir: dir, Identity: "x"})
			d.Put(key("a"), []byte("what was computed"))
			file := filepath.Join(dir, files(t, dir)[0])
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, tear(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if data, ok := d.Get(key("a")); ok {
				t.Errorf("a torn entry gives %q", data)
			}
			d.Put(key("a"), []byte("again"))
			if data, _ := d.Get(key("a")); string(data) != "again" {
				t.Errorf("put again, %q is there", data)
			}
		})
	}
}

func TestVanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	d := cache.Open(cache.Options{Dir: dir, Identity: "x"})
	d.Put(key("a"), []byte("one"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.Get(key("a")); ok {
		t.Error("an entry of a folder that is gone")
	}
	d.Put(key("a"), []byte("one")) // does not panic
}

func TestLimit(t *testing.T) {
	dir := t.TempDir()
	now := time.Now().Add(2 * time.Hour)
	d := cache.Open(cache.Options{Dir: dir, Identity: "x", Limit: 1 << 20, Now: now})
	d.Put(key("used"), make([]byte, 1000))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				d.Put(key(w, i), make([]byte, 1000))
				if _, ok := d.Get(key("used")); !ok {
					t.Error("what is used all the time is gone")
					return
				}
			}
		})
	}
	wg.Wait()
	var total int64
	for _, name := range files(t, dir) {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s was left behind", name)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	// Eight entries a folder may come before one looks.
	if most := int64(1<<20 + 256*24*1032); total > most {
		t.Errorf("%d bytes are kept, over %d", total, most)
	}
	if total < 1<<19 {
		t.Errorf("only %d bytes are kept", total)
	}
}

func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		d := cache.Open(cache.Options{Dir: dir, Identity: "x"})
		wg.Go(func() {
			for i := range 200 {
				want := fmt.Sprint("value of ", i%10)
				d.Put(key(i%10), []byte(want))
				if got, ok := d.Get(key(i % 10)); !ok || string(got) != want {
					t.Errorf("%q, want %q", got, want)
				}
			}
		})
	}
	wg.Wait()
}
