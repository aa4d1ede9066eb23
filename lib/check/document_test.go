package check

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func document(text string) *Document { return NewDocument("a.txt", "", []byte(text), Revision{}) }

// positionTexts are what positions go wrong on.
var positionTexts = []string{
	"", "\n", "\r\n", "\r", "a", "a\n", "a\r\nb", "a\rb", "a\n\nb\n", "\r\r\n\n",
	"\ufeffa\nb", "日本語\n漢字 = x", "a😀b\n😀😀", "e\u0301a\n", "x\xffy\n\xc3(", "\xf0\x9f\x98", "tab\tb\n", strings.Repeat("long", 1000),
}

func TestOffsetPosition(t *testing.T) {
	d := document("a\r\n日本😀x\rb\n")
	for _, c := range []struct {
		offset int
		bytes  Position
		utf16  UTF16Position
	}{
		{0, Position{1, 1}, UTF16Position{0, 0}},
		{1, Position{1, 2}, UTF16Position{0, 1}},   // at the line end
		{3, Position{2, 1}, UTF16Position{1, 0}},   // after \r\n
		{9, Position{2, 7}, UTF16Position{1, 2}},   // before the emoji
		{13, Position{2, 11}, UTF16Position{1, 4}}, // after its surrogate pair
		{15, Position{3, 1}, UTF16Position{2, 0}},  // after a lone \r
		{17, Position{4, 1}, UTF16Position{3, 0}},  // the empty last line
		{-5, Position{1, 1}, UTF16Position{0, 0}},
		{999, Position{4, 1}, UTF16Position{3, 0}},
		{11, Position{2, 9}, UTF16Position{1, 2}}, // inside the emoji: its start
	} {
		if got := d.OffsetPosition(c.offset); got != c.bytes {
			t.Errorf("OffsetPosition(%d) = %v, want %v", c.offset, got, c.bytes)
		}
		if got := d.OffsetUTF16Position(c.offset); got != c.utf16 {
			t.Errorf("OffsetUTF16Position(%d) = %v, want %v", c.offset, got, c.utf16)
		}
	}
}

func TestPositionsOutside(t *testing.T) {
	d := document("ab\n😀c")
	for _, c := range []struct {
		at   UTF16Position
		want int
	}{
		{UTF16Position{0, 99}, 2}, // past the end of a line is its end
		{UTF16Position{1, 1}, 3},  // between two surrogates is the start of the pair
		{UTF16Position{1, 2}, 7},  // after the pair
		{UTF16Position{9, 0}, 8},  // past the last line is the end
		{UTF16Position{-1, 5}, 0}, // before the first line is the start
		{UTF16Position{1, -3}, 3}, // before the line's start is its start
		{UTF16Position{1, 1 << 30}, 8},
	} {
		if got := d.UTF16PositionOffset(c.at); got != c.want {
			t.Errorf("UTF16PositionOffset(%v) = %d, want %d", c.at, got, c.want)
		}
	}
	for _, p := range []Position{{0, 1}, {3, 1}, {1, 0}, {1, 4}} {
		if _, err := d.PositionOffset(p); !errors.Is(err, ErrPosition) {
			t.Errorf("PositionOffset(%v): error %v, want ErrPosition", p, err)
		}
	}
}

// FuzzPositions: every offset survives the way to a position and back, in every
// encoding, and the UTF-16 column is what the standard library counts.
func FuzzPositions(f *testing.F) {
	for _, text := range positionTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := document(text)
		for offset := 0; offset <= len(text); offset++ {
			back, err := d.PositionOffset(d.OffsetPosition(offset))
			// An offset inside a line end belongs to no column of its line.
			inLineEnd := offset > 0 && offset < len(text) && text[offset-1] == '\r' && text[offset] == '\n'
			if !inLineEnd && (err != nil || back != offset) {
				t.Fatalf("%q: byte %d came back as %d, %v", text, offset, back, err)
			}
			if got := d.UTF8PositionOffset(d.OffsetUTF8Position(offset)); !inLineEnd && got != offset {
				t.Fatalf("%q: byte %d came back as %d through UTF-8", text, offset, got)
			}
			if inLineEnd || offset < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[offset]) {
				continue
			}
			p := d.OffsetUTF16Position(offset)
			if got := d.UTF16PositionOffset(p); utf8.ValidString(text) && got != offset {
				t.Fatalf("%q: byte %d came back as %d through UTF-16 %v", text, offset, got, p)
			}
			if utf8.ValidString(text) {
				line, err := d.LineRange(p.Line + 1)
				if err != nil {
					t.Fatal(err)
				}
				if want := len(utf16.Encode([]rune(text[line.Start:offset]))); p.Character != want {
					t.Fatalf("%q: byte %d is UTF-16 column %d, want %d", text, offset, p.Character, want)
				}
			}
		}
	})
}

func TestMemoComputesOnce(t *testing.T) {
	type key struct{}
	d, calls := document("x"), 0
	for range 3 {
		if got := Memo(d, key{}, func() int { calls++; return 7 }); got != 7 {
			t.Errorf("Memo gave %d", got)
		}
	}
	if calls != 1 {
		t.Errorf("computed %d times", calls)
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*.go", "a/b.go", true}, {"*.go", "b.go", true}, {"/*.go", "a/b.go", false},
		{"a/*.go", "a/b.go", true}, {"a/*.go", "a/b/c.go", false}, {"a/**", "a/b/c.go", true},
		{"**/b/*.go", "b/c.go", true}, {"**/b/*.go", "x/y/b/c.go", true}, {"a/**/c", "a/c", true},
		{"{a,b}.txt", "b.txt", true}, {"{a,b}.txt", "c.txt", false}, {"[a-c]?", "bx", true}, {"[!a]x", "ax", false}, {"[!a]x", "bx", true},
		{"é*", "été", true}, {"a.b", "axb", false}, {"a+b", "a+b", true}, {"x[/]y", "x/y", true},
	} {
		g, err := CompileGlob(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		} else if g.Match(c.path) != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.path, !c.want)
		}
	}
	for _, bad := range []string{"{a", "a}", "[a", "[]", "[z-a]"} {
		if _, err := CompileGlob(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestApply(t *testing.T) {
	edit := func(start, end int, text string) Edit { return Edit{Range: Range{start, end}, NewText: text} }
	for _, c := range []struct {
		edits []Edit
		want  string
		err   error
	}{
		{nil, "abc", nil},
		{[]Edit{edit(2, 3, "C"), edit(0, 1, "A")}, "AbC", nil},
		{[]Edit{edit(1, 1, "x"), edit(1, 1, "y")}, "axybc", nil},
		{[]Edit{edit(1, 1, "x"), edit(1, 1, "x")}, "axbc", nil},
		{[]Edit{edit(0, 2, ""), edit(1, 3, "")}, "", ErrOverlap},
	} {
		got, err := Apply([]byte("abc"), c.edits)
		if !errors.Is(err, c.err) || err == nil && string(got) != c.want {
			t.Errorf("%v: %q, %v; want %q, %v", c.edits, got, err, c.want, c.err)
		}
	}
	for _, e := range []Edit{edit(-1, 0, ""), edit(2, 1, ""), edit(0, 4, "")} {
		if _, err := Apply([]byte("abc"), []Edit{e}); err == nil {
			t.Errorf("%v is accepted", e)
		}
	}
}

func TestPageExamples(t *testing.T) {
	p := Page{Examples: "prose\n-- go.mod --\nmodule x\n-- bad.go --\npackage p\n\nvar a = 1 // want \"one\"\n// want:-1 \"two\"\n-- bad.go.golden --\nx\n-- good.go --\npackage p // wanted\n"}
	if got := p.Bad(); got.Path != "bad.go" || got.Text != "package p\n\nvar a = 1\n" {
		t.Errorf("Bad() = %+v", got)
	}
	if got := p.Good(); got.Path != "good.go" || got.Text != "package p // wanted\n" {
		t.Errorf("Good() = %+v", got)
	}
}
