// Package example makes reports to test renderers with: [Report] has one of
// everything that a report can hold, [Hostile] puts a given string wherever a
// judged tree can put one, and [Large] has as many findings as asked for.
package example

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
)

// Checks are the checks of the reports here, sorted by ID.
var Checks = []*check.Check{
	{
		ID: "actions/unpinned-action", Title: "Action named by a tag that can be moved", CWE: []check.CWE{829},
		Severity: check.Low, Confidence: check.Certain, Persona: check.Pedantic, Since: "0.1", Run: nothing,
		Page: check.Page{What: "Finds actions that are not named by a commit.", Why: "Tags move.", Fix: "Pin a commit."},
	},
	{
		ID: "docker/root-user", Title: "Container that runs as root", CWE: []check.CWE{250},
		Severity: check.Medium, Confidence: check.Firm, Since: "0.1", Run: nothing,
		Page: check.Page{What: "Finds images whose last user is root.", Why: "An escape is root outside.", Fix: "Add `USER`."},
	},
	{
		ID: "go/sql-injection", Title: "SQL built from untrusted input", CWE: []check.CWE{89, 943},
		Severity: check.Critical, Confidence: check.Firm, Since: "0.1", Run: nothing,
		Page: check.Page{
			What:       "Finds SQL text that a request takes part in.",
			Why:        "Whoever sends the request writes the query: [CVE-2023-34362](https://nvd.nist.gov/vuln/detail/CVE-2023-34362).",
			Fix:        "Use a placeholder and hand the value to the driver.",
			Limits:     "Stored procedures are not looked into.",
			References: []string{"https://cwe.mitre.org/data/definitions/89.html"},
			Examples:   "-- bad.go --\npackage p\n\nvar _ = db.Query(\"a\" + b) // want `SQL`\n-- good.go --\npackage p\n\nvar _ = db.Query(\"a\", b)\n",
		},
	},
	{
		ID: "go/weak-hash", Title: "Hash that is broken", CWE: []check.CWE{328},
		Severity: check.High, Confidence: check.Certain, Since: "0.1", Run: nothing,
		Page: check.Page{What: "Finds MD5 and SHA-1.", Why: "Collisions cost cents.", Fix: "Use SHA-256."},
	},
	{
		ID: "secrets/private-key", Title: "Private key", CWE: []check.CWE{321},
		Severity: check.Critical, Confidence: check.Certain, Since: "0.1", Secret: true, Run: nothing,
		Page: check.Page{What: "Finds private keys.", Why: "Git remembers.", Fix: "Revoke it."},
	},
}

func nothing(context.Context, *check.Pass) error { return nil }

// handler has tabs, a flow, and characters that are wide, combined or not in
// the Basic Multilingual Plane.
const handler = `package api

import "crypto/md5"

func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	if name == "" {
		http.Error(w, "名前がありません 🙂", 400)
		return
	}
	user, err := s.store.Find(r.Context(), name)
	etag := md5.Sum([]byte(user.Name)) // naïve
	log.Printf("用户 %x", etag)
}
`

const store = `package store

// Find looks a user up.
func (s *Store) Find(ctx context.Context, name string) (*User, error) {
	query := "SELECT id, name, email FROM users WHERE deleted_at IS NULL AND name = '" + name + "'"
	row := s.db.QueryRowContext(ctx, query)
	var u User
	return &u, row.Scan(&u.ID, &u.Name, &u.Email)
}
`

const dockerfile = `FROM golang:1.26
RUN apt-get update && \
    apt-get install -y curl && \
    rm -rf /var/lib/apt/lists/*
CMD ["/app"]
`

const workflow = `on: push
jobs:
  build:
    steps:
      - uses: actions/checkout@v4
`

// keyFile is masked as the engine does it: byte by byte, line breaks kept.
const keyFile = `# deploy
key: |
  *******************************
  ****************************************************************
  *****************************
`

// Report has one of everything.
func Report() *check.Report {
	h := check.NewDocument("api/user handler.go", "", []byte(handler), check.Revision{})
	s := check.NewDocument("store/store.go", "", []byte(store), check.Revision{})
	d := check.NewDocument("deploy/Dockerfile", "", []byte(dockerfile), check.Revision{})
	y := check.NewDocument(".github/workflows/ci.yml", "", []byte(workflow), check.Revision{})
	k := check.NewDocument("deploy/keys-\xff#1%.yaml", "", []byte(keyFile), check.Revision{})
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

	return &check.Report{
		Checks: Checks,
		Findings: []check.Finding{
			{
				CheckID: "actions/unpinned-action", Message: "actions/checkout is named by the tag v4, which its owner can move",
				Severity: check.Low, Confidence: check.Certain, Fingerprint: fingerprint(1), Baseline: check.BaselineUnchanged,
				Location: At(y, "actions/checkout@v4", ""),
			},
			{
				CheckID: "go/weak-hash", Message: "MD5 is broken: two users can be given the same tag",
				Severity: check.High, Confidence: check.Certain, Fingerprint: fingerprint(2), Baseline: check.BaselineNew,
				Symbol:   "example.com/shop/api.(*Server).user",
				Location: At(h, "md5.Sum([]byte(user.Name))", ""),
				Related:  []check.Location{At(h, `"crypto/md5"`, "imported here"), At(h, "etag)", "")},
				Fixes: []check.Fix{
					{Title: "Use SHA-256", Safe: false, Edits: []check.Edit{
						Replace(h, `"crypto/md5"`, `"crypto/sha256"`), Replace(h, "md5.Sum", "sha256.Sum256")}},
					{Title: "Say that it is no security", Safe: true, Edits: []check.Edit{
						Replace(h, "// naïve", "// not for security 🙂")}},
				},
			},
			{
				CheckID: "docker/root-user", Message: "The container runs as root",
				Severity: check.Medium, Confidence: check.Firm, Fingerprint: fingerprint(3), Baseline: check.BaselineNew,
				Location: At(d, `CMD ["/app"]`, ""),
				Suppressions: []check.Suppression{{
					Kind: check.External, Status: check.Accepted, Justification: "the platform drops privileges",
					By: "Ada Lovelace <ada@example.com>", At: day, Expires: day.AddDate(0, 6, 0),
				}},
			},
			{
				CheckID: "docker/root-user", Message: "Package lists are fetched and removed in a layer that runs as root",
				Severity: check.Medium, Confidence: check.Tentative, Fingerprint: fingerprint(4), Baseline: check.BaselineNew,
				Location: At(d, "RUN apt-get update && \\\n    apt-get install -y curl && \\\n    rm -rf /var/lib/apt/lists/*", ""),
			},
			{
				CheckID: "secrets/private-key", Message: "An RSA private key of 2048 bits",
				Severity: check.Critical, Confidence: check.Certain, Fingerprint: fingerprint(5), Baseline: check.BaselineNew,
				Location: At(k, strings.TrimSpace(keyFile[len("# deploy\nkey: |\n"):]), ""),
				Suppressions: []check.Suppression{{
					Kind: check.InSource, Status: check.Rejected, Justification: "", Location: ptr(At(k, "# deploy", "")),
				}},
			},
			{
				CheckID: "go/sql-injection", Message: `The query holds the request's parameter "name", so whoever sends the request can rewrite the query`,
				Severity: check.Critical, Confidence: check.Firm, Fingerprint: fingerprint(6), Baseline: check.BaselineNew,
				Symbol:   "example.com/shop/store.(*Store).Find",
				Location: At(s, "s.db.QueryRowContext(ctx, query)", ""),
				Flow: []check.Location{
					At(h, `r.URL.Query()`, "untrusted: the query of the request"),
					At(h, `r.URL.Query().Get("name")`, ""),
					At(h, `s.store.Find(r.Context(), name)`, "handed to Find as name"),
					At(s, `"SELECT id, name, email FROM users WHERE deleted_at IS NULL AND name = '" + name + "'"`, "becomes part of the text of the query"),
					At(s, "s.db.QueryRowContext(ctx, query)", "run by the database"),
				},
				Related: []check.Location{At(s, "func (s *Store) Find", "name is not checked anywhere in Find")},
			},
			{
				CheckID: "go/weak-hash", Message: "SHA-1 is broken", Severity: check.High, Confidence: check.Certain,
				Fingerprint: fingerprint(7), Baseline: check.BaselineAbsent, Location: At(s, "var u User", ""),
			},
		},
		Notices: []check.Notice{
			{Kind: check.NoticeConfig, Path: ".peercheck.yaml", At: check.Position{Line: 3, Column: 3}, Effect: check.EffectNone,
				Message: `there is no check "go/weak-hsah", so what is configured for it has no effect; did you mean "go/weak-hash"?`},
			{Kind: check.NoticeSyntax, Path: "api/broken.go", At: check.Position{Line: 7, Column: 2}, Effect: check.EffectDegraded,
				Message: "expected ';', found '}'; only the checks that need no syntax ran"},
			{Kind: check.NoticeTooLarge, Path: "data/dump.sql", Effect: check.EffectDegraded, Message: "48 MB is over the limit of 10 MiB; only checks of the path ran"},
			{Kind: check.NoticeCheckFailed, Path: "store/store.go", CheckID: "go/weak-hash", Effect: check.EffectNotJudged, Message: "the check ran out of its budget of 10 s"},
			{Kind: check.NoticeUnreadable, Path: "secret/id_rsa", Effect: check.EffectNotJudged, Message: "open secret/id_rsa: permission denied"},
		},
		Packages: []check.PackageTier{
			{Path: "api", ImportPath: "example.com/shop/api", Tier: check.TierTyped},
			{Path: "store", ImportPath: "example.com/shop/store", Tier: check.TierPartial},
		},
		Documents: 142,
		Bytes:     1_834_211,
		Elapsed:   812 * time.Millisecond,
	}
}

// Clean has neither findings nor notices.
func Clean() *check.Report {
	return &check.Report{Checks: Checks, Documents: 142, Bytes: 1_834_211, Elapsed: 812 * time.Millisecond}
}

// Hostile has s as path, source, message, reason and name.
func Hostile(s string) *check.Report {
	path := strings.ReplaceAll(s, "\x00", "")
	doc := check.NewDocument(path, "", []byte(s), check.Revision{})
	whole := At(doc, s, s)
	return &check.Report{
		Checks: Checks,
		Findings: []check.Finding{{
			CheckID: "go/weak-hash", Message: s, Severity: check.High, Confidence: check.Certain, Fingerprint: fingerprint(1),
			Location: whole, Related: []check.Location{whole}, Flow: []check.Location{whole, whole},
			Fixes:        []check.Fix{{Title: s, Edits: []check.Edit{Replace(doc, s, s)}}},
			Suppressions: []check.Suppression{{Kind: check.InSource, Status: check.UnderReview, Justification: s, By: s, Location: &whole}},
			Symbol:       s,
		}},
		Notices: []check.Notice{
			{Kind: check.NoticeUnreadable, Path: path, Effect: check.EffectNotJudged, Message: s, At: check.Position{Line: 1, Column: 1}},
			{Kind: check.NoticeConfig, CheckID: "go/weak-hash", Effect: check.EffectNone, Message: s},
		},
		Packages:  []check.PackageTier{{Path: path, ImportPath: s, Tier: check.TierText}},
		Documents: 1, Bytes: int64(len(s)),
	}
}

// Large has n findings in n/10 files.
func Large(n int) *check.Report {
	r := Report()
	templates := r.Findings
	r.Findings = nil
	for i := range n {
		f := templates[i%len(templates)]
		f.Location.Path = fmt.Sprintf("service%04d/%s", i/10, f.Location.Path)
		f.Fingerprint = fingerprint(i)
		f.Baseline = check.BaselineNew
		f.Suppressions = nil
		r.Findings = append(r.Findings, f)
	}
	return r
}

// At is the first place of a text in a document, located as the engine does it.
func At(d *check.Document, text, message string) check.Location {
	r := find(d, text)
	loc := check.Location{
		Path: d.Path, Range: r, Message: message,
		Start: d.OffsetPosition(r.Start), End: d.OffsetPosition(r.End),
		StartUTF16: d.OffsetUTF16Position(r.Start), EndUTF16: d.OffsetUTF16Position(r.End),
	}
	first, _ := d.LineRange(loc.Start.Line)
	last, _ := d.LineRange(d.OffsetPosition(max(r.Start, r.End-1)).Line)
	loc.SnippetStart = first.Start
	loc.Snippet = d.Text(check.Range{Start: first.Start, End: last.End})
	return loc
}

// Replace is the edit of the first place of a text.
func Replace(d *check.Document, text, newText string) check.Edit {
	r := find(d, text)
	return check.Edit{
		Path: d.Path, Range: r, NewText: newText,
		StartUTF16: d.OffsetUTF16Position(r.Start), EndUTF16: d.OffsetUTF16Position(r.End),
	}
}

func find(d *check.Document, text string) check.Range {
	i := strings.Index(string(d.Content), text)
	if i < 0 {
		panic(fmt.Sprintf("%q is not in %s", text, d.Path))
	}
	return check.Range{Start: i, End: i + len(text)}
}

func fingerprint(i int) string { return fmt.Sprintf("%032x", 0xbeef00+i) }

func ptr[T any](v T) *T { return &v }
