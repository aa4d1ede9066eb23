package taint_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"golang.org/x/tools/txtar"
)

// archive loads the packages of a test archive.
func archive(t testing.TB, name string) []*load.Package {
	t.Helper()
	a, err := txtar.ParseFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	return packages(t, files)
}

func packages(t testing.TB, files map[string]string) []*load.Package {
	t.Helper()
	tree := fstest.MapFS{"go.mod": {Data: []byte("module example.com/testdata\n\ngo 1.26\n")}}
	folders := []string{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
		folder := "."
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			folder = name[:i]
		}
		folders = append(folders, folder)
	}
	result, err := load.New(load.Options{}).Load(t.Context(), load.Request{Tree: tree, Folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	return result.Packages
}

// encode gives the facts of a run as bytes, in the order of the declarations.
func encode(t testing.TB, d *driver) string {
	t.Helper()
	var out bytes.Buffer
	for _, p := range d.passes {
		for _, fn := range p.ResultOf[golang.SSA].(*golang.Functions).Source {
			s := new(taint.Summary)
			if fn.Object() != nil && d.get(fn.Object(), s) {
				b, err := s.GobEncode()
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&out, "%s %x\n", fn, b)
			}
		}
	}
	return out.String()
}

// TestDeterministic analyses the same packages 20 times: flows, with their ways,
// and the bytes of the summaries are the same.
func TestDeterministic(t *testing.T) {
	for _, name := range []string{"basic.txtar", "containers.txtar", "guards.txtar"} {
		pkgs := archive(t, name)
		first := ""
		for range 20 {
			d := newDriver(t, pkgs)
			var out strings.Builder
			for _, p := range d.passes {
				for _, f := range d.run(t, p).Flows {
					fmt.Fprintln(&out, f.Pos, f.End, f.Class.Name, f.Source.Name, f.Sink, f.Steps)
				}
			}
			out.WriteString(encode(t, d))
			if first == "" {
				first = out.String()
			} else if out.String() != first {
				t.Fatalf("%s: two runs differ:\n%s\n%s", name, first, out.String())
			}
		}
		if strings.Count(first, "\n") < 20 {
			t.Errorf("%s: hardly anything was found", name)
		}
	}
}

// TestFacts sends every summary through gob, as other drivers do, and finds the
// flow between two packages all the same.
func TestFacts(t *testing.T) {
	d := newDriver(t, archive(t, "basic.txtar"))
	flows := 0
	for _, p := range d.passes {
		r := d.run(t, p)
		for _, f := range r.Flows {
			if f.Steps[len(f.Steps)-1].File == "b/b.go" {
				flows++
			}
		}
		for key, fact := range d.facts {
			var wire bytes.Buffer
			if err := gob.NewEncoder(&wire).Encode(fact); err != nil {
				t.Fatal(err)
			}
			var fresh analysis.Fact = new(taint.Summary)
			if _, ok := fact.(*taint.Analysed); ok {
				fresh = new(taint.Analysed)
			}
			if err := gob.NewDecoder(&wire).Decode(fresh); err != nil {
				t.Fatal(err)
			}
			d.facts[key] = fresh
		}
	}
	if flows != 1 {
		t.Errorf("%d flows end in the other package, want 1", flows)
	}
}

// FuzzSummary decodes anything: it is an error, or encodes to the same again.
func FuzzSummary(f *testing.F) {
	d := newDriver(f, archive(f, "basic.txtar"))
	for _, p := range d.passes {
		d.run(f, p)
	}
	for _, fact := range d.facts {
		if s, ok := fact.(*taint.Summary); ok {
			b, _ := s.GobEncode()
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var s, again taint.Summary
		if s.GobDecode(in) != nil {
			return
		}
		once, _ := s.GobEncode()
		if err := again.GobDecode(once); err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		if twice, _ := again.GobEncode(); !bytes.Equal(once, twice) {
			t.Error("two encodings differ")
		}
	})
}

// TestLimits: what is left off becomes a Notice, not silence.
func TestLimits(t *testing.T) {
	var impl strings.Builder
	impl.WriteString("package p\n\ntype node interface{ Run(string) string }\nfunc call(n node, s string) string { return n.Run(s) }\n")
	for i := range 40 {
		fmt.Fprintf(&impl, "type n%d struct{}\nfunc (n%d) Run(s string) string { return s }\n", i, i)
	}
	tree := fstest.MapFS{"go.mod": {Data: []byte("module example.com/testdata\n\ngo 1.26\n")}, "p.go": {Data: []byte(impl.String())}}
	loaded, err := load.New(load.Options{}).Load(t.Context(), load.Request{Tree: tree, Folders: []string{"."}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, loaded.Packages)
	limits := d.run(t, d.passes[0]).Limits()
	if !strings.Contains(limits, "more than 16 implementations") {
		t.Errorf("Limits is %q", limits)
	}
	var _ golang.Limited = new(taint.Result)
}

// TestHostile analyses code that is made to be slow. It ends, and finds what is
// simple all the same.
func TestHostile(t *testing.T) {
	const find = "\nfunc simple(r *http.Request) { exec.Command(r.FormValue(\"c\")).Run() }\n"
	const head = "package p\n\nimport (\n\t\"net/http\"\n\t\"os/exec\"\n)\n" + find
	var long, concat, nest, loop, impl strings.Builder
	long.WriteString("func long(r *http.Request, a []string) {\n\tx := r.FormValue(\"c\")\n")
	for i := range 20_000 {
		fmt.Fprintf(&long, "\ta[%d] = x + a[%d]\n", i%7, i%5)
	}
	long.WriteString("\texec.Command(a[3]).Run()\n}\n")
	concat.WriteString("func concat(r *http.Request) string {\n\tx := r.FormValue(\"c\")\n")
	for range 10_000 {
		concat.WriteString("\tx = x + \"y\" + x\n")
	}
	concat.WriteString("\treturn x\n}\n")
	nest.WriteString("func nest(a, b, c bool, r *http.Request) string {\n\tx := \"\"\n")
	for range 300 {
		nest.WriteString("\tif a && (b || c) && x != \"\" { x = r.FormValue(x) } else { x += \"z\" }\n")
	}
	nest.WriteString("\treturn x\n}\n")
	loop.WriteString("func loop(r *http.Request, err error) error {\n\tok := false\n\tfor {\n")
	for range 200 {
		loop.WriteString("\t\tif !ok { ok = err == nil; continue }\n\t\tif ok && err != nil { ok = !ok }\n")
	}
	loop.WriteString("\t\tif ok { return err }\n\t}\n}\n")
	impl.WriteString("type node interface{ visit(node, string) node }\n")
	for i := range 40 {
		fmt.Fprintf(&impl, "type n%d struct { l, r node; s string }\nfunc (n *n%d) visit(m node, s string) node { n.l = m; n.s += s; return n.r.visit(n.l.visit(n, n.s), s) }\n", i, i)
	}
	for name, text := range map[string]string{"long": long.String(), "concat": concat.String(), "nest": nest.String(), "loop": loop.String(), "implementations": impl.String()} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, packages(t, map[string]string{"p.go": head + text}))
			for _, p := range d.passes {
				found := false
				for _, f := range d.run(t, p).Flows {
					found = found || f.Fn.Name() == "simple"
				}
				if !found {
					t.Error("the simple flow is not found")
				}
			}
			if len(d.passes) != 1 {
				t.Errorf("%d packages", len(d.passes))
			}
		})
	}
}
