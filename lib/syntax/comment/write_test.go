package comment_test

import (
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/comment"
)

// What Line writes is what Of finds.
func TestLine(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"a.go", "// text"}, {"a.py", "# text"}, {"Dockerfile", "# text"}, {"a.sql", "-- text"}, {"a.css", "/* text */"},
		{"a.html", "<!-- text -->"}, {"a.ini", "# text"}, {"notes", "# text"}, {"a.dart", "// text"}, {"a.bat", "rem text"},
		{"a.json", ""}, {"a.csv", ""},
	} {
		line, ok := comment.Line(check.NewDocument(tt.path, "", nil, check.Revision{}), "text")
		if line != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q, want %q", tt.path, line, tt.want)
		}
		if !ok {
			continue
		}
		written := check.NewDocument(tt.path, "", []byte("\t"+line+"\n"), check.Revision{})
		if all := comment.Of(written); len(all) != 1 || written.Text(all[0].Range) != line {
			t.Errorf("%s: %q is found as %v", tt.path, line, all)
		}
	}
}
