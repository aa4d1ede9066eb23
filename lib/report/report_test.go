package report_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report"
	"github.com/peercheck/peercheck/lib/report/internal/example"
)

// Each format writes each report, twice the same, and passes on what is wrong
// with the writer.
func TestWrite(t *testing.T) {
	opts := report.Options{Version: "1.2.3", Root: "/work/shop", Width: 100}
	reports := map[string]*check.Report{
		"full": example.Report(), "clean": example.Clean(), "empty": {}, "hostile": example.Hostile("\x1b\xff\n<]]>%|@x"),
	}
	for _, format := range report.Formats() {
		for name, r := range reports {
			var first, second bytes.Buffer
			if err := report.Write(&first, format, r, opts); err != nil {
				t.Errorf("%s of %s: %v", format, name, err)
			}
			if err := report.Write(&second, format, r, opts); err != nil || first.String() != second.String() {
				t.Errorf("%s of %s differs the second time (%v)", format, name, err)
			}
			if name == "full" && !strings.Contains(first.String(), "go/sql-injection") {
				t.Errorf("%s does not name the check:\n%s", format, &first)
			}
			if strings.Contains(first.String(), "\x1b") {
				t.Errorf("%s of %s has an escape sequence", format, name)
			}
		}
		if err := report.Write(brokenPipe{}, format, reports["full"], opts); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s to a broken pipe: %v", format, err)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestParseFormat(t *testing.T) {
	for _, format := range report.Formats() {
		if got, err := report.ParseFormat(string(format)); got != format || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", format, got, err)
		}
	}
	_, err := report.ParseFormat("xml")
	if err == nil || !strings.HasPrefix(err.Error(), `"xml" is no format; take one of text, json`) {
		t.Errorf("got %v", err)
	}
	if err := report.Write(io.Discard, "xml", example.Clean(), report.Options{}); err == nil {
		t.Error("Write takes an unknown format")
	}
}
