package dockerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/dockerfile"
)

func show(d *check.Document) string {
	var b strings.Builder
	for _, in := range dockerfile.Parse(d).Instructions {
		b.WriteString(in.Name)
		for _, w := range in.Flags {
			fmt.Fprintf(&b, " {%s}", w.Text)
		}
		for _, w := range in.Words {
			fmt.Fprintf(&b, " [%s]", w.Text)
		}
		for _, h := range in.Heredocs {
			fmt.Fprintf(&b, " %s<%s>", h.Name, d.Text(h.Body))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"FROM a AS b\nrun x", "FROM [a] [AS] [b]\nRUN [x]\n"},
		{"# syntax=x\n# escape=`\nRUN a `\n  b\\\nCMD c", "RUN [a] [b\\]\nCMD [c]\n"},
		{"RUN a \\\n# comment\n\n  b \\  \n  c\nCMD d", "RUN [a] [b] [c]\nCMD [d]\n"},
		{"COPY --from=x --chown=a:b . .", "COPY {--from=x} {--chown=a:b} [.] [.]\n"},
		{`COPY ["a b", "c\"d"]`, "COPY [a b] [c\"d]\n"},
		{"CMD [ not json", "CMD [[] [not] [json]\n"},
		{"RUN <<EOF cat\nCOPY . .\nEOF\nCOPY <<-\"A\" <<B /x/\n1\n\tA\n2\nB\nCMD x", "RUN [<<EOF] [cat] EOF<COPY . .\n>\nCOPY [<<-\"A\"] [<<B] [/x/] A<1\n> B<2\n>\nCMD [x]\n"},
		{"ONBUILD COPY . .", "COPY [.] [.]\n"},
		{"RUN a \\", "RUN [a]\n"},
		{"RUN a \\\n", "RUN [a]\n"},
		{"RUN a \\\n# only a comment", "RUN [a]\n"},
		{"\ufeffFROM a\r\nRUN b\\\r\n c\r\n", "FROM [a]\nRUN [b] [c]\n"},
		{"RUN echo a<<b 1<<X\nX", "RUN [echo] [a<<b] [1<<X] X<>\n"},
	} {
		d := check.NewDocument("Dockerfile", "", []byte(tt.text), check.Revision{})
		if got := show(d); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestWorkdir(t *testing.T) {
	d := check.NewDocument("Dockerfile", "", []byte("FROM a AS B\nWORKDIR /x\nWORKDIR y\nCOPY . z\nWORKDIR /late"), check.Revision{})
	s := dockerfile.Parse(d).Stages()[0]
	if got := s.Workdir(s.Instructions[2], "z"); got != "/x/y/z" || s.Name != "b" {
		t.Error(got, s.Name)
	}
}

// Each word stands where its range says, and ranges are in order.
func FuzzParse(f *testing.F) {
	f.Add("# escape=`\nFROM a AS b\nRUN x `\n y\nCOPY --from=b [\"a\", \"b\"]\nRUN <<EOF\nx\nEOF\n")
	f.Add("RUN a \\\n# c\n\n b\\\r\n c \\")
	f.Fuzz(func(t *testing.T, text string) {
		d := check.NewDocument("Dockerfile", "", []byte(text), check.Revision{})
		end := 0
		for _, in := range dockerfile.Parse(d).Instructions {
			if in.Range.Start < end || in.Range.End < in.Range.Start || in.Range.End > len(text) {
				t.Fatalf("%s at %v after %d", in.Name, in.Range, end)
			}
			end = in.Range.End
			for _, w := range append(in.Flags, in.Words...) {
				if !in.Range.Contains(w.Range) {
					t.Fatalf("%q at %v outside of %v", w.Text, w.Range, in.Range)
				}
				if s := d.Text(w.Range); !in.JSON && !strings.Contains(s, "\n") && s != w.Text {
					t.Fatalf("%q is %q", w.Text, s)
				}
			}
			for _, h := range in.Heredocs {
				if h.Body.Start < 0 || h.Body.End > len(text) || h.Body.Start > h.Body.End {
					t.Fatalf("heredoc at %v", h.Body)
				}
			}
		}
	})
}
