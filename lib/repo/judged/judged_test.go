package judged_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/judged"
)

func TestRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	r := judged.Open(dir, "a", "b")
	r.Add("blob", "1", "path")
	if !r.Has("blob", "1", "path") || r.Has("blob", "1", "other") || r.Has("blob", "1path") {
		t.Error("before it is saved")
	}
	r.Save()
	if !judged.Open(dir, "a", "b").Has("blob", "1", "path") {
		t.Error("it is forgotten")
	}
	if judged.Open(dir, "a", "c").Has("blob", "1", "path") {
		t.Error("another key knows it")
	}
	if judged.Open("").Has("blob", "1", "path") {
		t.Error("a record in memory knows it")
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v, %v", info.Mode(), err)
	}
	var none *judged.Record
	none.Add("x")
	none.Save()
	if none.Has("x") {
		t.Error("a nil record remembers")
	}
}

func TestTornRecordBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	r := judged.Open(dir)
	r.Add("x")
	r.Save()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	if err := os.Truncate(files[0], 7); err != nil {
		t.Fatal(err)
	}
	r = judged.Open(dir)
	if r.Has("x") {
		t.Error("half an entry counts")
	}
	r.Add("x")
	r.Save()
	if !judged.Open(dir).Has("x") {
		t.Error("it does not recover")
	}
}

// Two writers at once do not spoil each other's entries.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			for i := range 50 {
				r := judged.Open(dir)
				r.Add(name, string(rune('0'+i)))
				r.Save()
			}
		})
	}
	wg.Wait()
	r := judged.Open(dir)
	for _, name := range []string{"a", "b", "c", "d"} {
		for i := range 50 {
			if !r.Has(name, string(rune('0'+i))) {
				t.Errorf("%s %d is lost", name, i)
			}
		}
	}
}

// A folder that cannot be written is no error.
func TestNowhere(t *testing.T) {
	r := judged.Open("/proc/nowhere")
	r.Add("x")
	r.Save()
	if !r.Has("x") {
		t.Error("it does not even remember in memory")
	}
}
