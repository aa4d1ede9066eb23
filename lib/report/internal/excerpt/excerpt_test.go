package excerpt_test

import (
	"reflect"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/internal/excerpt"
)

func TestOf(t *testing.T) {
	doc := check.NewDocument("f", "", []byte("one\r\n  two three\rfour\n\nfive"), check.Revision{})
	at := func(text string) check.Location { return example.At(doc, text, "") }
	cut := at("three")
	cut.Snippet, cut.SnippetStart = cut.Snippet[4:], cut.SnippetStart+4
	short := at("two three\rfour")
	short.Snippet = short.Snippet[:5]
	outside := at("two")
	outside.SnippetStart = 1000

	for _, tt := range []struct {
		name string
		loc  check.Location
		want []excerpt.Line
		more bool
	}{
		{"word", at("two"), []excerpt.Line{{2, 5, "  two three", 2, 5, false}}, false},
		{"place", at(""), []excerpt.Line{{1, 0, "one", 0, 0, false}}, false},
		{"lines", at("three\rfour\n"), []excerpt.Line{{2, 5, "  two three", 6, 11, false}, {3, 17, "four", 0, 4, false}}, false},
		{"empty line", at("four\n\n"), []excerpt.Line{{3, 17, "four", 0, 4, false}, {4, 22, "", 0, 0, false}}, false},
		{"CRLF", at("one\r\n  t"), []excerpt.Line{{1, 0, "one", 0, 3, false}, {2, 5, "  two three", 0, 3, false}}, false},
		{"end", at("five"), []excerpt.Line{{5, 23, "five", 0, 4, false}}, false},
		{"cut at the start", cut, []excerpt.Line{{2, 9, "o three", 2, 7, true}}, false},
		{"cut at the end", short, []excerpt.Line{{2, 5, "  two", 2, 5, false}}, true},
		{"outside", outside, []excerpt.Line{{2, 1000, "  two three", 0, 0, true}}, false},
		{"none", check.Location{}, nil, false},
	} {
		if got, more := excerpt.Of(tt.loc); !reflect.DeepEqual(got, tt.want) || more != tt.more {
			t.Errorf("%s: got %+v %v, want %+v %v", tt.name, got, more, tt.want, tt.more)
		}
	}
}
