package sarif_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	gosarif "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/sarif"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report, opts sarif.Options) []byte {
	var b bytes.Buffer
	if err := sarif.Write(&b, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// officialSchema is the schema of SARIF 2.1.0 that go-sarif carries. It does not
// export it, and validates a log only after it has filled in what was left out,
// so the schema is read from its source.
var officialSchema = sync.OnceValues(func() (*gojsonschema.Schema, error) {
	source, _ := runtime.FuncForPC(reflect.ValueOf(gosarif.NewReport).Pointer()).FileLine(0)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(filepath.Dir(source), "schema.go"), nil, 0)
	if err != nil {
		return nil, fmt.Errorf("%w (built with -trimpath?)", err)
	}
	var literal string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			literal = lit.Value
		}
		return true
	})
	text, err := strconv.Unquote(literal)
	if err != nil {
		return nil, err
	}
	return gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
})

// parse validates a log against the official schema and reads it back.
func parse(t testing.TB, out []byte) *gosarif.Run {
	schema, err := officialSchema()
	if err != nil {
		t.Fatal(err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(out))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		t.Errorf("against the schema: %v", e)
	}
	log, err := gosarif.FromBytes(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 {
		t.Fatalf("%d runs", len(log.Runs))
	}
	return log.Runs[0]
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.sarif"
	got := write(t, example.Report(), sarif.Options{Version: "1.2.3", Root: "/work/my shop"})
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("not as in %s; see -update. Got\n%s", golden, got)
	}
}

func TestSchema(t *testing.T) {
	parse(t, write(t, example.Report(), sarif.Options{Version: "1.2.3", Root: "/work/shop"}))
	parse(t, write(t, example.Clean(), sarif.Options{}))
	parse(t, write(t, &check.Report{}, sarif.Options{}))

	double := example.Report() // arrays that are sets do not hold anything twice
	for i := range double.Findings {
		f := &double.Findings[i]
		f.Related = append(f.Related, f.Related...)
		f.Fixes = append(f.Fixes, f.Fixes...)
		f.Suppressions = append(f.Suppressions, f.Suppressions...)
		f.Flow = append(f.Flow, f.Flow...)
	}
	double.Notices = append(double.Notices, double.Notices...)
	parse(t, write(t, double, sarif.Options{}))

	bare := example.Report() // nothing that an engine adds
	for i := range bare.Findings {
		f := &bare.Findings[i]
		f.Location = check.Location{Path: f.Location.Path, Start: f.Location.Start, End: f.Location.End}
		f.Fingerprint, f.Severity, f.Confidence = "", 0, 0
	}
	bare.Findings[0].Location = check.Location{Path: "no/place"}
	bare.Checks = nil
	parse(t, write(t, bare, sarif.Options{}))
}

// What GitHub code scanning reads is there, in the places where it reads it.
func TestGitHub(t *testing.T) {
	run := parse(t, write(t, example.Report(), sarif.Options{}))
	ids := map[string]bool{}
	for i, rule := range run.Tool.Driver.Rules {
		if ids[*rule.ID] {
			t.Errorf("rule %s is there twice", *rule.ID)
		}
		ids[*rule.ID] = true
		for _, key := range []string{"precision", "security-severity", "problem.severity"} {
			if s, ok := rule.Properties.Properties[key].(string); !ok || s == "" {
				t.Errorf("rule %s has no property %s", *rule.ID, key)
			}
		}
		if len(rule.Properties.Tags) < 2 || rule.Properties.Tags[0] != "security" || !strings.HasPrefix(rule.Properties.Tags[1], "external/cwe/cwe-") {
			t.Errorf("rule %s has tags %q", *rule.ID, rule.Properties.Tags)
		}
		for _, res := range run.Results {
			if *res.RuleID == *rule.ID && res.RuleIndex != i {
				t.Errorf("a result of %s has rule index %d, want %d", *rule.ID, res.RuleIndex, i)
			}
		}
	}
	if got := run.Tool.Driver.Rules[2].Properties.Tags; got[1] != "external/cwe/cwe-089" {
		t.Errorf("tags %q", got)
	}
	if id := *run.AutomationDetails.ID; !strings.HasSuffix(id, "/") {
		t.Errorf("automation ID %q has no category", id)
	}
	for i, res := range run.Results {
		if res.PartialFingerprints["peercheck/v1"] != example.Report().Findings[i].Fingerprint {
			t.Errorf("result %d has fingerprints %v", i, res.PartialFingerprints)
		}
	}
	for _, res := range run.Results {
		if rule := run.Tool.Driver.Rules[res.RuleIndex]; *rule.Help.Markdown == "" || *rule.Help.Text == "" || *rule.FullDescription.Text == "" {
			t.Errorf("rule %s has results and no page", *rule.ID)
		}
	}
	// References to taxa point at what they name.
	for _, rule := range run.Tool.Driver.Rules {
		for _, rel := range rule.Relationships {
			taxonomy := run.Taxonomies[rel.Target.ToolComponent.Index]
			if *taxonomy.Name != "CWE" || *taxonomy.Taxa[rel.Target.Index].ID != *rel.Target.ID {
				t.Errorf("%s refers to %s", *rule.ID, *rel.Target.ID)
			}
		}
	}
	if *run.Invocations[0].ExecutionSuccessful {
		t.Error("the execution was successful although content went unjudged")
	}
	clean := parse(t, write(t, example.Clean(), sarif.Options{}))
	if !*clean.Invocations[0].ExecutionSuccessful {
		t.Error("the execution was not successful although all was judged")
	}
}

// Regions in lines and UTF-16 columns, in bytes, and their text name the same.
func TestRegions(t *testing.T) {
	doc := check.NewDocument("a.go", "", []byte("one\r\n\ttwo 🙂 日本 three\rfour e\u0301\n"), check.Revision{})
	units := utf16.Encode([]rune(string(doc.Content)))
	lines := map[int]int{1: 0, 2: 5, 3: 22, 4: 30} // the unit at which each line starts
	for _, text := range []string{"one", "🙂", "日本 three", "three\rfour", "e\u0301", ""} {
		r := &check.Report{Findings: []check.Finding{{CheckID: "go/x", Location: example.At(doc, text, ""),
			Fixes: []check.Fix{{Title: "x", Edits: []check.Edit{example.Replace(doc, text, "y")}}}}}}
		res := parse(t, write(t, r, sarif.Options{})).Results[0]
		region := res.Locations[0].PhysicalLocation.Region
		if got := string(doc.Content[region.ByteOffset : region.ByteOffset+*region.ByteLength]); got != text {
			t.Errorf("bytes of %q are %q", text, got)
		}
		for _, region := range []*gosarif.Region{region, res.Fixes[0].ArtifactChanges[0].Replacements[0].DeletedRegion} {
			start, end := lines[*region.StartLine]+*region.StartColumn-1, lines[*region.EndLine]+*region.EndColumn-1
			if got := string(utf16.Decode(units[start:end])); got != text {
				t.Errorf("columns of %q hold %q", text, got)
			}
		}
		if text != "" && *region.Snippet.Text != text {
			t.Errorf("snippet of %q is %q", text, *region.Snippet.Text)
		}
	}
}

// A message that repeats the judged tree does not become a link.
func TestMessageLinks(t *testing.T) {
	const evil = "action [click](https://evil.example) is unpinned"
	r := &check.Report{Findings: []check.Finding{{CheckID: "go/x", Message: evil}, {CheckID: "go/x", Message: "a[i] is (not) a link"}}}
	run := parse(t, write(t, r, sarif.Options{}))
	if got := *run.Results[0].Message.Text; got != `action \[click\](https://evil.example) is unpinned` {
		t.Errorf("message %q", got)
	}
	if got := *run.Results[1].Message.Text; got != "a[i] is (not) a link" {
		t.Errorf("message %q", got)
	}
}

func TestRoot(t *testing.T) {
	for dir, want := range map[string]string{
		"/":             "file:///",
		"/work/my shop": "file:///work/my%20shop",
		"/work/a%b#c/":  "file:///work/a%25b%23c",
		"C:/src":        "file:///C:/src",
	} {
		run := parse(t, write(t, &check.Report{}, sarif.Options{Root: dir}))
		want = strings.TrimSuffix(want, "/") + "/"
		if got := *run.OriginalUriBaseIds["SRCROOT"].URI; got != want {
			t.Errorf("the root of %q is %q, want %q", dir, got, want)
		}
	}
	run := parse(t, write(t, &check.Report{}, sarif.Options{}))
	if got := run.OriginalUriBaseIds["SRCROOT"].URI; got != nil {
		t.Errorf("without a root there is %q", *got)
	}
}

// Whatever the judged tree holds, the log is valid, harmless to look at, and its
// URIs lead back to the paths, byte by byte.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"plain.go", "a b/ü/日本/100%/#?.go", "c:d", "//x", "./y", "../z", "\xff\xfe", "a[1]\\b",
		"\x1b[2J\u009b\u202e\U000e0041\x00\x7f\"\\</script>", "?q", "mailto:x", "[a](b)", "{0}", " ", "", "\r\n\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		report := example.Hostile(s)
		out := write(t, report, sarif.Options{Version: s, Root: "/" + s})
		run := parse(t, out)
		for _, r := range string(out) {
			if r != '\n' && !unicode.IsGraphic(r) {
				t.Fatalf("%U in %q", r, out)
			}
		}
		res := run.Results[0]
		if got := *res.Message.Text; utf8.ValidString(s) && !strings.Contains(s, "](") && got != s {
			t.Errorf("message %q, want %q", got, s)
		}
		uri := *res.Locations[0].PhysicalLocation.ArtifactLocation.URI
		for i := range len(uri) {
			if uri[i] <= ' ' || uri[i] >= 0x7f || strings.IndexByte(`"<>\^{|}`+"`", uri[i]) >= 0 {
				t.Errorf("byte %q in the URI %q", uri[i], uri)
			}
		}
		want := report.Findings[0].Location.Path
		if strings.HasPrefix(want, "/") || want == "" {
			return // not a path of a tree
		}
		base, err := url.Parse("file:///work/shop/")
		if err != nil {
			t.Fatal(err)
		}
		ref, err := base.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		if path.Clean(want) == want && !strings.HasPrefix(want, "..") && ref.Path != "/work/shop/"+want && want != "." {
			t.Errorf("%q resolves to %q, want %q", uri, ref.Path, want)
		}
	})
}

// The log of 10,000 findings is far below the 10 MB that GitHub takes.
func TestSize(t *testing.T) {
	out := write(t, example.Large(10_000), sarif.Options{})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(out)
	z.Close()
	t.Logf("%d bytes, %d compressed", len(out), packed.Len())
	if packed.Len() > 5<<20 {
		t.Errorf("%d bytes compressed", packed.Len())
	}
	if !json.Valid(out) {
		t.Error("not JSON")
	}
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := sarif.Write(io.Discard, r, sarif.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
