package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/constant"
	"go/token"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/hardcoded-credentials.txtar
var hardcodedCredentialsExamples string

// HardcodedCredentials finds passwords that are written into the source, by what they are used for.
var HardcodedCredentials = &check.Check{
	ID:         "go/hardcoded-credentials",
	Title:      "Password is written into the source",
	CWE:        []check.CWE{798, 259},
	Severity:   check.High,
	Confidence: check.Firm,
	Secret:     true,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runHardcodedCredentials,
	Page: check.Page{
		What: "A password that the program logs in with, to a database, an HTTP server, SSH, LDAP, SMTP or Redis, or that it lets somebody in for (`password == \"...\"`), is a constant. It is judged by its use, whatever it looks like and however it is called.",
		Why: "Whoever reads the source, the image or the binary has the password, and so has everyone who ever will: history keeps it. It is the same in every installation, and cannot be changed without a release. Uber lost 57 million " +
			"records to a key in a repository in 2016.",
		Fix:    "Read it from the environment, a file or a secret store at start. Take the one that was in the source as known to others: change it. There is no quick fix, because the password has to come from somewhere, and to be changed.",
		Limits: "Looks at constants and at variables of the package that are never changed. Left alone: connections to the machine itself (`localhost`, a loopback address, a socket) and to example.com, placeholders such as `<password>`, and test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/798.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
		},
		Examples: hardcodedCredentialsExamples,
	},
}

// passwordArguments say which argument of a function is a password.
var passwordArguments = map[string]int{
	"(*net/http.Request).SetBasicAuth":                  1,
	"net/url.UserPassword":                              1,
	"net/smtp.PlainAuth":                                2,
	"net/smtp.CRAMMD5Auth":                              1,
	"golang.org/x/crypto/ssh.Password":                  0,
	"(*github.com/go-ldap/ldap.Conn).Bind":              1,
	"(github.com/go-ldap/ldap.Client).Bind":             1,
	"(*github.com/go-resty/resty.Client).SetBasicAuth":  1,
	"(*github.com/go-resty/resty.Request).SetBasicAuth": 1,
}

// passwordFields are fields of a client's configuration.
var passwordFields = map[string]string{
	"github.com/redis/go-redis.Options":                          "Password",
	"github.com/go-redis/redis.Options":                          "Password",
	"github.com/go-sql-driver/mysql.Config":                      "Passwd",
	"github.com/jackc/pgx.ConnConfig":                            "Password",
	"github.com/go-git/go-git/plumbing/transport/http.BasicAuth": "Password",
	"gopkg.in/gomail.v2.Dialer":                                  "Password",
}

// dataSources take a data source name or URL as an argument.
var dataSources = map[string]int{
	"database/sql.Open":                    1,
	"github.com/jmoiron/sqlx.Open":         1,
	"github.com/jmoiron/sqlx.Connect":      1,
	"github.com/jmoiron/sqlx.MustConnect":  1,
	"gorm.io/driver/mysql.Open":            0,
	"gorm.io/driver/postgres.Open":         0,
	"gorm.io/driver/sqlserver.Open":        0,
	"github.com/jinzhu/gorm.Open":          1,
	"github.com/jackc/pgx.Connect":         1,
	"github.com/jackc/pgx/pgxpool.New":     1,
	"github.com/jackc/pgx/pgxpool.Connect": 1,
	"github.com/redis/go-redis.ParseURL":   0,
	"github.com/streadway/amqp.Dial":       0,
	"github.com/rabbitmq/amqp091-go.Dial":  0,
	"github.com/nats-io/nats.go.Connect":   0,
	"net/http.Get":                         0,
	"net/url.Parse":                        0,
}

func runHardcodedCredentials(_ context.Context, pass *check.PackagePass) error {
	report := func(e ast.Expr) {
		pass.Report(check.Finding{
			Message:  "this password is the same in every copy of the program, and whoever reads the source has it",
			Location: secretLocation(pass, e),
		})
	}
	for c := range code.Nodes(pass.Pass, (*ast.BinaryExpr)(nil)) {
		if test, ok := c.Node().(*ast.BinaryExpr); ok {
			if e := builtInPassword(pass, test); e != nil {
				report(e)
			}
		}
	}
	takesPassword := func(called query.Called) bool {
		name := code.Unversioned(called.Name)
		_, password := passwordArguments[name]
		_, source := dataSources[name]
		return password || source
	}
	for c := range code.Calls(pass.Pass, takesPassword) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		name := code.Unversioned(query.Callee(pass.TypesInfo, call))
		if i, ok := passwordArguments[name]; ok && i < len(call.Args) {
			if s, ok := text(pass, call.Args[i]); ok && isPassword(s) {
				report(call.Args[i])
			}
		}
		if i, ok := dataSources[name]; ok && i < len(call.Args) {
			if s, ok := text(pass, call.Args[i]); ok && hasPassword(s) {
				report(call.Args[i])
			}
		}
	}
	var types []string
	for t := range passwordFields {
		types = append(types, t)
	}
	for s := range code.Structs(pass.Pass, types...) {
		value := s.Fields[passwordFields[s.Type]]
		if p, ok := text(pass, value); !ok || !isPassword(p) {
			continue
		}
		for _, field := range []string{"Addr", "Host"} {
			if host, ok := text(pass, s.Fields[field]); ok && isLocal(host) {
				value = nil
			}
		}
		if value != nil {
			report(value)
		}
	}
	return nil
}

// builtInPassword gives the text that a password is compared with, if it looks like one
// that lets somebody in: letters and digits, as long as passwords are.
func builtInPassword(pass *check.PackagePass, test *ast.BinaryExpr) ast.Expr {
	if test.Op != token.EQL && test.Op != token.NEQ {
		return nil
	}
	for _, side := range [][2]ast.Expr{{test.X, test.Y}, {test.Y, test.X}} {
		name := ""
		switch x := ast.Unparen(side[0]).(type) {
		case *ast.Ident:
			name = x.Name
		case *ast.SelectorExpr:
			name = x.Sel.Name
		}
		if purpose.OfName(name) != purpose.Password {
			continue
		}
		s, ok := text(pass, side[1])
		if ok && pass.TypesInfo.Types[side[0]].Value == nil && len(s) >= 8 && isPassword(s) &&
			strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, unicode.IsLetter) && !strings.ContainsAny(s, " \t\n") {
			return side[1]
		}
	}
	return nil
}

func text(pass *check.PackagePass, e ast.Expr) (string, bool) {
	v := code.Const(pass.Pass, e)
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

// isPassword reports whether a text may be a password rather than a place for one.
func isPassword(s string) bool {
	switch strings.ToLower(s) {
	case "", "x", "x-oauth-basic", "x-access-token", "oauth2", "oauth2accesstoken", "token", "git", "anonymous", "guest", "x-token-auth", "api", "none", "null", "secret", "redacted", "xxxxx", "example":
		return false
	}
	return !strings.ContainsAny(s, "<>{}$%*") && !strings.Contains(s, "...") && strings.Trim(strings.ToLower(s), "x") != ""
}

// isLocal reports whether a host is the machine itself, or one of documentation.
func isLocal(host string) bool {
	host = strings.ToLower(host)
	for _, prefix := range []string{"localhost", "127.", "[::1]", "::1", "/", "unix", "0.0.0.0"} {
		if strings.HasPrefix(host, prefix) {
			return true
		}
	}
	return strings.Contains(host, "example.") || strings.HasSuffix(host, ".test") || strings.HasSuffix(host, ".invalid")
}

var (
	// user:password@tcp(host:3306)/db, as go-sql-driver/mysql reads it
	mysqlDSN = regexp.MustCompile(`^[^:@/\s]+:([^@]+)@(?:tcp|unix)?\(?([^)/]*)`)
	// host=... password=..., as libpq reads it
	pqPassword = regexp.MustCompile(`(?i)(?:^|[\s;])(?:password|pwd)\s*=\s*'?([^\s';]+)`)
	pqHost     = regexp.MustCompile(`(?i)(?:^|[\s;])(?:host|server|data source)\s*=\s*'?([^\s';]+)`)
)

// hasPassword reports whether a data source name or URL has a password in it, of
// another machine.
func hasPassword(s string) bool {
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || u.User == nil {
			return false
		}
		p, set := u.User.Password()
		return set && isPassword(p) && !isLocal(u.Host)
	}
	if m := mysqlDSN.FindStringSubmatch(s); m != nil {
		return isPassword(m[1]) && !isLocal(m[2])
	}
	if m := pqPassword.FindStringSubmatch(s); m != nil {
		host := pqHost.FindStringSubmatch(s)
		return isPassword(m[1]) && host != nil && !isLocal(host[1])
	}
	return false
}
