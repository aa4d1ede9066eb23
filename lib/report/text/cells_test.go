package text

import (
	"slices"
	"strings"
	"testing"
)

func TestLay(t *testing.T) {
	for _, tt := range []struct {
		line     string
		from, to int
		columns  int
		want     span
	}{
		{"abcdef", 1, 3, 0, span{"abcdef", 1, 3}},
		{"\ta\tb", 1, 2, 0, span{"    a   b", 4, 5}},
		{"\ta\tb", 2, 3, 0, span{"    a   b", 5, 8}},
		{"ab", 2, 2, 0, span{"ab", 2, 3}},       // the end of the line
		{"世界x", 3, 6, 0, span{"世界x", 2, 4}},     // two columns each
		{"世界x", 4, 5, 0, span{"世界x", 2, 4}},     // within a character: all of it
		{"e\u0301x", 3, 4, 0, span{"éx", 1, 2}}, // the mark has no column
		{"a\x1bb", 2, 3, 0, span{`a\x1bb`, 5, 6}},
		{"a\x1bb", 1, 2, 0, span{`a\x1bb`, 1, 5}},
		{"\xff\xfe", 1, 2, 0, span{`\xff\xfe`, 4, 8}},
		{"0123456789abcdef", 1, 3, 8, span{"0123456…", 1, 3}},
		{"0123456789abcdef", 9, 11, 8, span{"…89abcd…", 2, 4}},
		{"0123456789abcdef", 14, 16, 8, span{"…9abcdef", 6, 8}},
		{"0123456789abcdef", 4, 16, 8, span{"…345678…", 2, 8}},
		{"世界世界世界世界", 12, 15, 8, span{"… 世界 …", 2, 4}}, // no half characters
	} {
		got := lay(tt.line, tt.from, tt.to, tt.columns)
		tt.want.text = strings.Replace(tt.want.text, "é", "e\u0301", 1)
		if got != tt.want {
			t.Errorf("lay(%q, %d, %d, %d) = %+v, want %+v", tt.line, tt.from, tt.to, tt.columns, got, tt.want)
		}
	}
}

func FuzzLay(f *testing.F) {
	f.Add("0123456789abcdef", 9, 11, 8)
	f.Add("\t世界\x1b\xffe\u0301👩‍👩‍👧", 3, 9, 10)
	f.Fuzz(func(t *testing.T, line string, from, to, columns int) {
		if strings.ContainsAny(line, "\r\n") || from < 0 || to < from || to > len(line) || columns != 0 && (columns < 10 || columns > 1000) {
			t.Skip()
		}
		s := lay(line, from, to, columns)
		if s.start < 0 || s.end <= s.start {
			t.Errorf("%+v", s)
		}
		if columns > 0 && (s.end > columns || widths.StringWidth(s.text) > columns) {
			t.Errorf("%+v of %d columns does not fit %d", s, widths.StringWidth(s.text), columns)
		}
		if from < to && strings.Trim(line, "\x20\x21-\x7e") == "" && columns == 0 && s != (span{strings.TrimRight(line, " "), from, to}) {
			t.Errorf("%+v of plain %q [%d, %d)", s, line, from, to)
		}
	})
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text           string
		columns, first int
		want           []string
	}{
		{"one two three", 0, 5, []string{"one two three"}},
		{"one two three", 8, 0, []string{"one two", "three"}},
		{"one two three", 8, 5, []string{"one", "two", "three"}},
		{"one two three", 8, 6, []string{"", "one two", "three"}},
		{"one two three", 13, 0, []string{"one two three"}},
		{"immeasurably long", 5, 0, []string{"immeasurably", "long"}},
		{"a immeasurably long", 5, 3, []string{"a", "immeasurably", "long"}},
		{"世界 世界", 8, 0, []string{"世界", "世界"}},
		{"", 8, 3, []string{""}},
	} {
		if got := wrap(tt.text, tt.columns, tt.first); !slices.Equal(got, tt.want) {
			t.Errorf("wrap(%q, %d, %d) = %q, want %q", tt.text, tt.columns, tt.first, got, tt.want)
		}
	}
}
