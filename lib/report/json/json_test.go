package json_test

import (
	"bytes"
	encjson "encoding/json"
	"flag"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/json"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report, opts json.Options) []byte {
	var b bytes.Buffer
	if err := json.Write(&b, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func validator(t testing.TB) func([]byte) {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(json.Schema))
	if err != nil {
		t.Fatal(err)
	}
	return func(out []byte) {
		result, err := schema.Validate(gojsonschema.NewBytesLoader(out))
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		for _, e := range result.Errors() {
			t.Errorf("against the schema: %v", e)
		}
	}
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.json"
	got := write(t, example.Report(), json.Options{ToolVersion: "1.2.3"})
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
	again := example.Report()
	again.Elapsed *= 7
	if !bytes.Equal(got, write(t, again, json.Options{ToolVersion: "1.2.3"})) {
		t.Error("the report depends on the time that it took")
	}
}

// Every report is as the schema says, and every member that the schema knows is
// there in one of them.
func TestSchema(t *testing.T) {
	validate := validator(t)
	full := write(t, example.Report(), json.Options{ToolVersion: "1.2.3", Timing: true})
	validate(full)
	validate(write(t, example.Clean(), json.Options{}))
	validate(write(t, &check.Report{}, json.Options{}))
	hostile := write(t, example.Hostile("\x1b\xff"), json.Options{})
	validate(hostile)

	var schema any
	if err := encjson.Unmarshal([]byte(json.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, out := range [][]byte{full, hostile} {
		var v any
		if err := encjson.Unmarshal(out, &v); err != nil {
			t.Fatal(err)
		}
		walk(schema.(map[string]any), schema, v, "report", seen)
	}
	var missing []string
	for member, there := range seen {
		if !there {
			missing = append(missing, member)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("in no report: %s", strings.Join(missing, ", "))
	}
}

// walk follows a value and its schema, and notes which members are there.
func walk(root map[string]any, schema, value any, name string, seen map[string]bool) {
	s := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		name = strings.TrimPrefix(ref, "#/definitions/")
		s = root["definitions"].(map[string]any)[name].(map[string]any)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, sub := range s["properties"].(map[string]any) {
			member := name + "." + key
			seen[member] = seen[member] || v[key] != nil
			if v[key] != nil {
				walk(root, sub, v[key], member, seen)
			}
		}
	case []any:
		for _, item := range v {
			walk(root, s["items"], item, name, seen)
		}
	}
}

// Nothing is lost: paths that are not UTF-8 included.
func TestPathBytes(t *testing.T) {
	var out struct {
		Findings []struct {
			Location struct {
				Path      string
				PathBytes []byte
			}
		}
	}
	if err := encjson.Unmarshal(write(t, example.Report(), json.Options{}), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, f := range out.Findings {
		path := f.Location.Path
		if f.Location.PathBytes != nil {
			path = string(f.Location.PathBytes)
		}
		got = append(got, path)
		if want := example.Report().Findings[i].Location.Path; path != want {
			t.Errorf("path %q, want %q", path, want)
		}
	}
	if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, "\xff") }) {
		t.Errorf("no odd path in %q", got)
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[2J\u009b\u202e\U000e0041\xff\x00\x7f\"\\</script>")
	validate := validator(f)
	f.Fuzz(func(t *testing.T, s string) {
		out := write(t, example.Hostile(s), json.Options{})
		validate(out)
		for _, r := range string(out) {
			if r != '\n' && !unicode.IsGraphic(r) {
				t.Fatalf("%U in %q", r, out)
			}
		}
		var v struct{ Findings []struct{ Message string } }
		if err := encjson.Unmarshal(out, &v); err != nil {
			t.Fatal(err)
		}
		if got := v.Findings[0].Message; utf8.ValidString(s) && got != s {
			t.Errorf("message %q, want %q", got, s)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := json.Write(io.Discard, r, json.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
