package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/check"
)

// write makes a folder with files; a name that ends in "/" is a folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listed gives the paths of a source's entries, with the error of those that
// cannot be loaded.
func listed(t testing.TB, src Source) string {
	t.Helper()
	var out []string
	for e, err := range src.Entries(t.Context()) {
		if err != nil {
			return "error: " + err.Error()
		}
		line := e.Path
		if _, err := e.Load(t.Context()); err != nil {
			line += fmt.Sprintf(" (%v)", err)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDirHonoursGitignore(t *testing.T) {
	dir := write(t, map[string]string{
		".gitignore": "*.log\n/build\n# a comment\n\nnested/\n!kept.log\r\n", "a.go": "", "b.log": "", "kept.log": "",
		"build/out": "", "sub/build/in": "", "sub/.gitignore": "secret*\n", "sub/secret.txt": "", "secret.txt": "", "nested/x": "",
		".git/config": "", ".git/info/exclude": "private\n", "private": "", "sub/.git": "gitdir: elsewhere",
	})
	expect(t, listed(t, Dir(dir)), ".gitignore\na.go\nkept.log\nsecret.txt\nsub/.gitignore\nsub/build/in")
	expect(t, listed(t, Only(Dir(dir), "b.log", "sub")), "b.log\nsub/.gitignore\nsub/build/in")
	expect(t, listed(t, Only(Dir(dir), "sub", "sub/build", "./a.go")), "a.go\nsub/.gitignore\nsub/build/in")
}

// As git ls-files -co --exclude-standard lists it: what a pattern takes back is a
// name, not all below it, and what is asked for by name is under the patterns of
// all folders above.
func TestDirIgnoresNames(t *testing.T) {
	dir := write(t, map[string]string{
		".gitignore": "*.log\n!kept\n!kept/sub/b.log\nout/\n", "sub/.gitignore": "deep\n!c.log\n",
		"kept/a.log": "", "kept/sub/b.log": "", "kept/sub/x.log": "", "out/deep/f": "", "sub/out/g": "", "sub/deep/h": "",
		"sub/c.log": "", "sub/d.log": "", "deep.txt": "",
	})
	expect(t, listed(t, Dir(dir)), ".gitignore\ndeep.txt\nkept/sub/b.log\nsub/.gitignore\nsub/c.log")
	expect(t, listed(t, Only(Dir(dir), "sub", "out/deep/f")), "out/deep/f\nsub/.gitignore\nsub/c.log")
}

// What was asked for by name is given, even if it is ignored, or in a folder that is;
// what is ignored in it for itself is not.
func TestDirGivesWhatIsNamed(t *testing.T) {
	dir := write(t, map[string]string{
		".gitignore": "build/\n/gen\n*.log\n/logs/*\n.*\n!.keep\n", "build/out/a": "", "build/out/b.log": "", "build/out/.gitignore": "c\n", "build/out/c": "",
		"gen/a/b": "", "logs/x": "", ".venv/a": "", ".venv/sub/.gitignore": "*\n", ".venv/sub/b": "", ".keep/c": "", ".keep/.d": "", "empty/e.log/f": "",
	})
	expect(t, listed(t, Dir(dir)), ".keep/c")
	expect(t, listed(t, Only(Dir(dir), "build")), "build/out/a")
	expect(t, listed(t, Only(Dir(dir), "build/out", "gen/a")), "build/out/a\ngen/a/b")
	expect(t, listed(t, Only(Dir(dir), "gen", ".keep", ".venv")), ".keep/c\n.venv/a\ngen/a/b")
	expect(t, listed(t, Only(Dir(dir), ".venv/sub", "logs", "empty")), ".venv/sub (all that is in it is ignored)\nempty (all that is in it is ignored)\nlogs (all that is in it is ignored)")
	for e := range Only(Dir(dir), "build/out").Entries(t.Context()) {
		expect(t, e.Named, "build/out")
	}
}

func TestDirStaysInside(t *testing.T) {
	outside := write(t, map[string]string{"passwords": "secret"})
	dir := write(t, map[string]string{"a.txt": "a"})
	for link, target := range map[string]string{
		"out": filepath.Join(outside, "passwords"), "outdir": outside, "up": "../..", "inside": "a.txt", "loop": "loop", "here": ".", "dangling": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	const link = " (not a regular file: a symbolic link that points nowhere or out of the tree)"
	expect(t, listed(t, Dir(dir)), "a.txt\ndangling"+link+"\nloop"+link+"\nout"+link+"\noutdir"+link+"\npipe (not a regular file: p---------)\nup"+link)
	if _, err := fs.ReadFile(Dir(dir).FS(), "out"); err == nil {
		t.Error("FS followed a link out of the tree")
	}
	for e := range Only(Dir(dir), "pipe").Entries(t.Context()) {
		if _, err := e.Load(t.Context()); !errors.Is(err, ErrNotRegular) {
			t.Errorf("loading a pipe: %v", err)
		}
	}
}

func TestDirThatIsNotThere(t *testing.T) {
	if got := listed(t, Dir(filepath.Join(t.TempDir(), "gone"))); !strings.Contains(got, "cannot open the folder to judge") {
		t.Errorf("got %q", got)
	}
	got := listed(t, Only(Dir(t.TempDir()), "gone.go"))
	if !strings.HasPrefix(got, "gone.go (") {
		t.Errorf("a path that is not there is %q, want an entry that says so", got)
	}
}

func TestUnreadableFolderIsSaid(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser reads everything")
	}
	dir := write(t, map[string]string{"closed/a": ""})
	if err := os.Chmod(filepath.Join(dir, "closed"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "closed"), 0o700) })
	if got := listed(t, Dir(dir)); !strings.HasPrefix(got, "closed (") {
		t.Errorf("got %q", got)
	}
}

func TestOverlay(t *testing.T) {
	dir := write(t, map[string]string{"a.go": "disk", "b.go": "disk", "sub/c.go": "disk"})
	buffer := func(path, text string) *check.Document {
		return check.NewDocument(path, "", []byte(text), check.Revision{Kind: check.RevisionBuffer})
	}
	over := Overlay(Dir(dir), buffer("a.go", "buffer"), buffer("sub/new/d.go", "buffer"))
	expect(t, listed(t, over), "a.go\nb.go\nsub/c.go\nsub/new/d.go")
	for path, want := range map[string]string{"a.go": "buffer", "b.go": "disk", "sub/new/d.go": "buffer"} {
		if got, err := fs.ReadFile(over.FS(), path); err != nil || string(got) != want {
			t.Errorf("%s reads %q, %v", path, got, err)
		}
	}
	if err := fstest.TestFS(over.FS(), "a.go", "b.go", "sub/c.go", "sub/new/d.go"); err != nil {
		t.Error(err)
	}
	expect(t, listed(t, Only(over, "a.go", "sub")), "a.go\nsub/c.go\nsub/new/d.go")
	expect(t, listed(t, Only(over, "b.go")), "b.go")
	if got := Only(over, "a.go").(OnDisk).Dir(); got != dir {
		t.Errorf("Dir() = %q", got)
	}
}

func TestFiles(t *testing.T) {
	d := func(path string) *check.Document { return check.NewDocument(path, "", []byte(path), check.Revision{}) }
	src := Files(d("b"), d("a/x"), d("b"))
	expect(t, listed(t, src), "a/x\nb")
	expect(t, listed(t, Only(src, "a")), "a/x")
	expect(t, listed(t, Only(src, "c")), "c (open c: file does not exist)")
	if err := fstest.TestFS(src.FS(), "a/x", "b"); err != nil {
		t.Error(err)
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct{ name, raw, text, encoding string }{
		{"utf-8", "häß", "häß", ""},
		{"utf-16le with a mark", "\xff\xfea\x00\x3d\xd8\x00\xde", "a😀", "utf-16le"},
		{"utf-16be with a mark", "\xfe\xff\x00a\xd8\x3d\xde\x00", "a😀", "utf-16be"},
		{"utf-16le without", "k\x00e\x00y\x00\n\x00", "key\n", "utf-16le"},
		{"utf-16be without", "\x00k\x00e\x00y\x00\n", "key\n", "utf-16be"},
		{"utf-32le", "\xff\xfe\x00\x00a\x00\x00\x00\x00\xf6\x01\x00", "a😀", "utf-32le"},
		{"utf-32be", "\x00\x00\xfe\xff\x00\x00\x00a\x00\x01\xf6\x00", "a😀", "utf-32be"},
		{"utf-32 that is none", "\xff\xfe\x00\x00\xff\xff\xff\xff\x00", "\ufffd", "utf-32le"},
		{"half a pair", "\xff\xfea\x00\x3d\xd8", "a\ufffd", "utf-16le"},
		{"odd length", "\xff\xfea\x00b", "a", "utf-16le"},
		{"a false mark hides nothing", "\xff\xfepassword = 'a long enough line'", "\xff\xfepassword = 'a long enough line'", ""},
		{"one NUL hides nothing", "password = 'x'\x00 and a long enough line", "password = 'x'\x00 and a long enough line", ""},
	} {
		d := NewDocument("f", []byte(c.raw), check.Revision{})
		if string(d.Content) != c.text || d.Encoding != c.encoding || d.Binary {
			t.Errorf("%s: %q %q binary=%v", c.name, d.Content, d.Encoding, d.Binary)
		}
	}
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00"
	if d := NewDocument("f.png", []byte(png), check.Revision{}); !d.Binary || len(d.Content) != 0 {
		t.Errorf("a picture is judged as text: %q", d.Content)
	}
}

// FuzzDecode: whatever the bytes are, the result is text or nothing.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("k\x00e\x00y\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		d := NewDocument("f", raw, check.Revision{})
		if string(raw) != before {
			t.Error("the input was changed")
		}
		if d.Encoding == "" && !d.Binary && string(d.Content) != before {
			t.Error("text was changed")
		}
	})
}

// The texts of a binary file stand where they are in it, and what is too short
// to be one is not there.
func TestStrings(t *testing.T) {
	noise := strings.Repeat("\x00\x01\x02ab\xff", 100)
	raw := noise + "sixteen letters." + noise + "only fifteen..."
	d := NewDocument("a.bin", []byte(raw), check.Revision{})
	if !d.Binary || len(d.Content) != 0 {
		t.Fatalf("binary %v, content %q", d.Binary, d.Content)
	}
	text := Strings(d)
	if text == nil || len(text.Content) != len(raw) || text.Language != BinaryText || text.Binary {
		t.Fatalf("got %+v", text)
	}
	if got := strings.Trim(string(text.Content), "\n"); got != "sixteen letters." {
		t.Errorf("got %q", got)
	}
	if at := strings.Index(string(text.Content), "sixteen"); at != len(noise) {
		t.Errorf("at %d, want %d", at, len(noise))
	}
	if got := Strings(NewDocument("a.txt", []byte("text\n"), check.Revision{})); got != nil {
		t.Errorf("of a text: %+v", got)
	}
}
