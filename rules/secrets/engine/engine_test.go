package engine_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

func rule(id, regex string, keywords ...string) *engine.Rule {
	return &engine.Rule{ID: id, Regex: engine.NewRegexp(regex), Keywords: keywords}
}

func find(rules []*engine.Rule, depth int, text string) (got []string) {
	for _, m := range engine.New(rules, engine.Options{Depth: depth}).Detect("a.txt", []byte(text)) {
		got = append(got, fmt.Sprintf("%s %s at %q", m.Rule.ID, m.Value, text[m.Secret.Start:m.Secret.End]))
	}
	return got
}

// Anchored, windowed and whole plans find the same.
func TestPlans(t *testing.T) {
	text := "xkey-12 key-34_ key-56\nmore key=key-78 end"
	for _, r := range []*engine.Rule{
		rule("anchored", `key-(\d+)`, "key-"),
		rule("windowed", `.?key-(\d+)`, "key-"),
		rule("whole", `(?s)(?:.*zzz)?key-(\d+)`, "key"),
		rule("always", `key-(\d+)`),
	} {
		if got := len(find([]*engine.Rule{r}, 0, text)); got != 4 {
			t.Errorf("%s finds %d", r.ID, got)
		}
	}
	// Windows end where no $ and no \z can be.
	if got := find([]*engine.Rule{rule("end", `.?key-\d\d$`, "key-")}, 0, "key-12 key-34 key-56"+strings.Repeat(" ", 99)); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// The range of a decoded secret is that of the text that encodes it.
func TestDecodedRanges(t *testing.T) {
	once := base64.StdEncoding.EncodeToString([]byte("token-123456 is it"))
	twice := base64.StdEncoding.EncodeToString([]byte("again: " + once + " ."))
	rules := []*engine.Rule{rule("r", `token-(\d{6})`, "token-")}
	for _, tt := range []struct {
		depth      int
		text, want string
	}{
		{1, "a " + once + " b", "r 123456 at \"" + once + "\""},
		{0, "a " + once + " b", ""},
		{1, "a " + twice + " b", ""},
		{2, "a " + twice + " b", "r 123456 at \"" + twice + "\""},
		{1, "token-%31%323456", "r 123456 at \"%31%323456\""},
		{1, `\u0074oken-123456`, "r 123456 at \"123456\""},
		{1, "x: 746f6b656e2d31323334353620616263", "r 123456 at \"746f6b656e2d31323334353620616263\""},
	} {
		if got := strings.Join(find(rules, tt.depth, tt.text), ","); got != tt.want {
			t.Errorf("depth %d, %q:\n got %s\nwant %s", tt.depth, tt.text, got, tt.want)
		}
	}
}

func TestRequired(t *testing.T) {
	id, secret := rule("id", `id-\d+`, "id-"), rule("secret", `key-\d+`, "key-")
	id.SkipReport = true
	secret.Required = []engine.Required{{RuleID: "id", WithinLines: 1, WithinColumns: -1}}
	if got := find([]*engine.Rule{id, secret}, 0, "id-1\nkey-2\n\n\nkey-3"); !slices.Equal(got, []string{`secret key-2 at "key-2"`}) {
		t.Errorf("%q", got)
	}
}

// maxHeap is what the engine may need beside its rules, for the greatest document
// that a scan reads, whatever it holds.
const maxHeap = 200 << 20

// The heap is sampled while the engine works, as the runtime counts it: live
// objects, and dead ones that were not collected yet.
func TestPeakHeap(t *testing.T) {
	size := 10 << 20 // scan.DefaultMaxBytes
	if testing.Short() {
		size = 1 << 20
	}
	e := ours()
	heap := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	for name, text := range hostile(size) {
		e.Detect("a.txt", text[:1<<10]) // compiles
		runtime.GC()
		before, peak := heap(), uint64(0)
		done := make(chan bool)
		go func() {
			defer close(done)
			e.Detect("a.txt", text)
		}()
		for working := true; working; {
			select {
			case <-done:
				working = false
			case <-time.After(time.Millisecond):
			}
			peak = max(peak, heap())
		}
		if used := int64(peak) - int64(before); used > maxHeap {
			t.Errorf("%s: %d MB of heap for %d MB of text", name, used>>20, len(text)>>20)
		} else {
			t.Logf("%s: %d MB", name, max(used, 0)>>20)
		}
	}
}

// A byte is looked at no more often in a long text than in a short one: time is
// linear. Steps are counted, so that a busy machine makes no difference.
func TestLinear(t *testing.T) {
	const short, long = 1 << 14, 1 << 16
	const slack = 8 << 18 // engine's own, with which it looks twice before it changes its ways
	check := func(name string, e *engine.Engine, unit string) {
		t.Helper()
		repeated := func(n int) []byte { return []byte(strings.Repeat(unit, n/len(unit)+1)[:n]) }
		a, b := e.Work("a.txt", repeated(short)), e.Work("a.txt", repeated(long))
		if b > 5*a+slack || b > 64*long+slack {
			t.Errorf("%s, %q again and again: %d steps for %d bytes, %d for %d", name, unit, a, short, b, long)
		}
	}
	for _, unit := range []string{"%41", "QUJDREVGR0hJSktM ", `\u0041`, "U+0041 ", "4142434445464748494a4b4c4d4e4f50 ", "key=", "key=\"", "ey", "s.", "-----BEGIN PRIVATE KEY-----", "curl -H "} {
		check("all rules", ours(), unit)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, rule := range gitleaks.Default().Rules {
		if rule.Regex == nil {
			continue
		}
		e := engine.New([]*engine.Rule{rule}, engine.Options{Depth: 1})
		units := []string{"a", "a1-", "="}
		for _, k := range rule.Keywords {
			units = append(units, k, k+"=", k+" = \"a1", k+": '", k+"\n", k+strings.Repeat("a1B2", 4))
		}
		// What almost matches: a match without its end.
		if tree, err := syntax.Parse(rule.Regex.String(), syntax.Perl); err == nil {
			var b strings.Builder
			write(&b, tree, r)
			units = append(units, b.String()[:b.Len()*3/4+1], b.String()+"x", b.String())
		}
		for _, unit := range units {
			check(rule.ID, e, unit)
		}
	}
}

// write writes a text that an expression matches.
func write(b *strings.Builder, re *syntax.Regexp, r *rand.Rand) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		i := 2 * r.IntN(len(re.Rune)/2)
		b.WriteRune(re.Rune[i] + rune(r.IntN(int(min(re.Rune[i+1], 0x7e)-min(re.Rune[i], 0x7e))+1)))
	case syntax.OpConcat:
		for _, s := range re.Sub {
			write(b, s, r)
		}
	case syntax.OpAlternate:
		write(b, re.Sub[r.IntN(len(re.Sub))], r)
	case syntax.OpCapture, syntax.OpQuest:
		write(b, re.Sub[0], r)
	case syntax.OpRepeat, syntax.OpPlus, syntax.OpStar:
		for range max(re.Min, 1) {
			write(b, re.Sub[0], r)
		}
	}
}

// hostile makes texts of what the engine looks for, but never quite finds.
func hostile(n int) map[string][]byte {
	texts := map[string][]byte{
		"percent":  []byte(strings.Repeat("%41", n/3)),
		"base64":   []byte(strings.Repeat("QUJDREVGR0hJSktM ", n/17)),
		"deep":     nested(n),
		"escapes":  []byte(strings.Repeat(`\u0041`, n/6)),
		"points":   []byte(strings.Repeat("U+0041 ", n/7)),
		"hex":      []byte(strings.Repeat("4142434445464748494a4b4c4d4e4f50 ", n/33)),
		"key=":     []byte(strings.Repeat("key=", n/4)),
		"eyey":     []byte(strings.Repeat("ey", n/2)),
		"private":  []byte(strings.Repeat("-----BEGIN PRIVATE KEY-----", n/27)),
		"curl":     []byte(strings.Repeat("curl -H ", n/8)),
		"s.":       []byte(strings.Repeat("s.", n/2)),
		"facebook": []byte(strings.Repeat("facebook 1234567890123456|", n/26)),
	}
	return texts
}

// nested is base64 of base64 of base64...
func nested(n int) []byte {
	text := []byte("token")
	for len(text) < n/2 {
		text = []byte(base64.StdEncoding.EncodeToString(append(text, " padding"...)))
	}
	return text
}

// BenchmarkHostile must have about the same MB/s for both sizes.
func BenchmarkHostile(b *testing.B) {
	for _, n := range []int{1 << 17, 1 << 20} {
		for name, text := range hostile(n) {
			b.Run(fmt.Sprintf("%s-%dK", name, n>>10), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					ours().Detect("a.txt", text)
				}
			})
		}
	}
	// And each rule for itself, over its own keywords.
	for _, r := range gitleaks.Default().Rules {
		if len(r.Keywords) == 0 {
			continue
		}
		e := engine.New([]*engine.Rule{r}, engine.Options{})
		for _, n := range []int{1 << 15, 1 << 18} {
			text := []byte(strings.Repeat(r.Keywords[0]+" = \"a1", n/(len(r.Keywords[0])+7)))
			b.Run(fmt.Sprintf("rule-%s-%dK", r.ID, n>>10), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					e.Detect("a.txt", text)
				}
			})
		}
	}
}
