package models_test

import (
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/golang/models"
)

func TestDefault(t *testing.T) {
	m := models.Default()
	f := m.Function("(*database/sql.DB).QueryContext")
	if f == nil || len(f.Sinks) != 1 || f.Sinks[0].Class != m.Class("sql") || f.Sinks[0].At.Index != 1 {
		t.Errorf("QueryContext is modelled as %+v", f)
	}
	if f := m.Function("net/http.NewRequest"); f == nil || len(f.Flows) != 2 || strings.Join(f.Flows[0].To.Path, ".") != "URL" {
		t.Errorf("NewRequest is modelled as %+v", f)
	}
}

// TestErrors holds each error against its place and remedy.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Get: sink ssrf 0", "x.models:1: a model before the first package PATH"},
		{"package p\n\nGet sink ssrf 0", "x.models:3: want NAME: CLAUSE"},
		{"package p\nGet: sink ssfr 0", "x.models:2: want sink CLASS ENDPOINT,... and a class that is declared"},
		{"package p\nGet: sink ssrf x", `x.models:2: "x" is no value of a call`},
		{"package p\nGet: 0 -> result clears sqll", `x.models:2: no class or group "sqll"`},
		{"package p\nGet: 0 -> result.A.B.C.D", "deeper than 3"},
		{"package p\nGet: source htpp", "a kind that is declared"},
		{"package p\nGet: clean\nGet: clean", "x.models:3: Get is modelled twice"},
		{"package p\nGet: guard maybe 0 clears sql", `"maybe" is none of true`},
		{"package p\nfield T.F: sinks sql", "is none of source, stands, sink"},
		{"package p\nfield T.F: source http of A", `not "of"`},
		{"package p\nreader T: source htpp", "want reader NAME: source KIND"},
		{"class sql \"again\"", "class sql is already there"},
		{"kind k no title", `want NAME "TITLE"`},
		{"shape s sql", "want shape NAME clears CLASS..."},
		{"package p\nGet: sink sql 0 if 1 are x", "want if N is VALUE"},
		{"package p\nGet: undoes", "want undoes FUNCTION..."},
		{"package p\nGet: 0(x) -> result", "the number of a parameter in parentheses"},
	} {
		_, err := models.Read(models.Default(), "x.models", c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q in it", c.text, err, c.want)
		}
	}
}

// TestRead adds a team's own models and leaves the base as it was.
func TestRead(t *testing.T) {
	base := models.Default()
	m, err := models.Read(base, "team.models", `
class audit "the audit log"   # ours
package example.com/team/db
(*Client).Run|RunAll: sink sql 0; source database result.Rows[]
package database/sql
(*DB).Exec: clean
`)
	if err != nil {
		t.Fatal(err)
	}
	if f := m.Function("(*example.com/team/db.Client).RunAll"); f == nil || len(f.Sinks) != 1 || len(f.Sources) != 1 {
		t.Errorf("RunAll is modelled as %+v", f)
	}
	if len(m.Function("(*database/sql.DB).Exec").Sinks) != 0 || len(base.Function("(*database/sql.DB).Exec").Sinks) != 1 {
		t.Error("a team's model does not replace ours, or changes the base")
	}
	if m.Class("audit") == nil || base.Class("audit") != nil {
		t.Error("a team's class is not there, or is in the base")
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		if err := models.ReadOwn(); err != nil {
			b.Fatal(err)
		}
	}
}

// A header cannot hold a line break, whichever framework reads it; a cookie that it decodes can.
func TestHeadersHoldNoLineBreak(t *testing.T) {
	m := models.Default()
	line := m.Class("log").Bit
	for name, clears := range map[string]bool{
		"(*github.com/gin-gonic/gin.Context).ClientIP":    true,
		"(*github.com/gin-gonic/gin.Context).GetHeader":   true,
		"(*github.com/gin-gonic/gin.Context).Cookie":      false,
		"(*github.com/gin-gonic/gin.Context).Query":       false,
		"(github.com/labstack/echo/v4.Context).RealIP":    true,
		"(github.com/labstack/echo/v4.Context).FormValue": false,
	} {
		fn := m.Function(name)
		if fn == nil || len(fn.Sources) != 1 {
			t.Errorf("%s is no source", name)
		} else if got := fn.Sources[0].Clears&line != 0; got != clears {
			t.Errorf("%s clears log: %v, want %v", name, got, clears)
		}
	}
}
