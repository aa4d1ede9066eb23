package text

import (
	"reflect"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
)

func TestChanges(t *testing.T) {
	doc := check.NewDocument("f", "", []byte("one two three\nfour é five\nsix\n1\n2\n3\n4\n"), check.Revision{})
	edit := func(text, newText string) check.Edit { return example.Replace(doc, text, newText) }
	other := edit("one", "x")
	other.Path = "g"
	here := edit("two", "2")
	here.Path = "" // the finding's own document
	cut := example.At(doc, "three", "")
	cut.Snippet, cut.SnippetStart = cut.Snippet[2:], cut.SnippetStart+2

	f := &check.Finding{Location: example.At(doc, "two", ""), Related: []check.Location{example.At(doc, "five", "")},
		Flow: []check.Location{example.At(doc, "1\n2\n3\n4", "")}}
	for _, tt := range []struct {
		name  string
		edits []check.Edit
		want  []change
	}{
		{"one", []check.Edit{here}, []change{{1, "one two three", "one 2 three", 4}}},
		{"two in a line", []check.Edit{edit("one", "1"), edit("three", "3")}, []change{{1, "one two three", "1 two 3", 0}}},
		{"in any order", []check.Edit{edit("five", "5"), edit("three", ""), edit("é", "e"), edit("one", "1")},
			[]change{{1, "one two three", "1 two ", 0}, {2, "four é five", "four e 5", 5}}},
		{"insertion", []check.Edit{edit("", "zero\n")}, []change{{1, "one two three", "zero\none two three", 0}}},
		{"a line that is not shown", []check.Edit{edit("six", "6"), here}, nil},
		{"another file", []check.Edit{other, here}, nil},
		{"over a line end", []check.Edit{edit("three\nfour", "x")}, nil},
		{"overlapping", []check.Edit{edit("one two", "x"), edit("two three", "y")}, nil},
		{"many lines", []check.Edit{here, edit("1", "a"), edit("2", "b"), edit("3", "c"), edit("4", "d")}, nil},
		{"none", nil, nil},
	} {
		if got := changes(f, check.Fix{Edits: tt.edits}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if got := changes(&check.Finding{Location: cut}, check.Fix{Edits: []check.Edit{edit("three", "3")}}); got != nil {
		t.Errorf("of a line that is cut: %+v", got)
	}
}
