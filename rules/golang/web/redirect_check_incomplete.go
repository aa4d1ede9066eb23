package web

import (
	"context"
	_ "embed"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/redirect-check-incomplete.txtar
var redirectCheckIncompleteExamples string

// RedirectCheckIncomplete finds checks of redirects that let other hosts through.
var RedirectCheckIncomplete = &check.Check{
	ID:         "go/redirect-check-incomplete",
	Title:      "Redirect check lets other hosts through",
	CWE:        []check.CWE{601},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runRedirectCheckIncomplete,
	Page: check.Page{
		What: "A target of a redirect counts as local because it begins with `/`, and nothing refuses `//host` or `/\\host`.",
		Why: "Browsers read `//evil.example` as another host under the same scheme, and `/\\evil.example` as well. So the link in a mail begins with your address, passes your login, and ends at a copy of it that asks for the password again. " +
			"Macaron (CVE-2020-12666) and many others had exactly this check.",
		Fix:    "Parse it, and demand that `Host` and `Scheme` are empty, that the path begins with `/` and that its second character is neither `/` nor `\\`. There is no quick fix, because the check has several parts.",
		Limits: "Looks at functions that redirect to what they check, and at functions with one answer that are named for such a check (`isLocalURL`, `safeRedirect`). A parsed URL, and any look at the second character, count as complete. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/601.html",
			"https://url.spec.whatwg.org/#relative-slash-state",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-12666",
		},
		Examples: redirectCheckIncompleteExamples,
	},
}

// redirects send a browser elsewhere, with the argument that says where.
var redirects = map[string]int{
	"net/http.Redirect":                            2,
	"(*github.com/gin-gonic/gin.Context).Redirect": 1,
	"(github.com/labstack/echo.Context).Redirect":  1,
	"(*github.com/gofiber/fiber.Ctx).Redirect":     0,
}

func runRedirectCheckIncomplete(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("strings.HasPrefix") {
		prefix, _ := query.StringSSA(c.Arg(1))
		if prefix != "/" || !guards(fl, c) || looksFurther(fl, c) {
			continue
		}
		message := "\"//evil.example\" passes this check, and browsers read it as another host"
		if refusesSlashes(fl, c) {
			message = "\"/\\evil.example\" passes this check, and browsers read it as another host"
		}
		pass.Report(check.Finding{Message: message, Location: pass.Location(c.Expr)})
	}
	return nil
}

// guards reports whether what is checked is where a redirect goes, or the function
// is named for such a check.
func guards(fl *flow.Flow, c flow.Call) bool {
	target := fl.Origins(c.Arg(0))
	for name, arg := range redirects {
		for _, r := range fl.In(c.Fn, name) {
			for _, o := range fl.Origins(r.Arg(arg)) {
				if _, constant := o.(*ssa.Const); !constant && slices.Contains(target, o) && depends(c, r) {
					return true
				}
			}
		}
	}
	results := c.Fn.Signature.Results()
	if results.Len() != 1 || !query.IsType(results.At(0).Type(), "bool") && !query.IsType(results.At(0).Type(), "string") {
		return false
	}
	words := query.Words(c.Fn.Name())
	about := slices.ContainsFunc(words, func(w string) bool {
		return w == "redirect" || w == "url" || w == "uri" || w == "redirection" || w == "next"
	})
	judges := slices.ContainsFunc(words, func(w string) bool {
		return w == "safe" || w == "local" || w == "valid" || w == "relative" || w == "allowed" || w == "sanitize" || w == "sanitise" || w == "check" || w == "internal" || w == "same"
	})
	_, isParam := c.Arg(0).(*ssa.Parameter)
	return about && judges && isParam
}

// depends reports whether the redirect comes after the check.
func depends(c, redirect flow.Call) bool {
	return c.Fn != redirect.Fn || c.Instr.Block().Dominates(redirect.Instr.Block())
}

// looksFurther reports whether the function looks at the second character, parses
// the URL, or hands it to something else that may.
func looksFurther(fl *flow.Flow, c flow.Call) bool {
	for _, b := range c.Fn.Blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.Lookup:
				if k, ok := query.IntSSA(instr.Index); instr.X == c.Arg(0) && (!ok || k > 0) {
					return true
				}
			case *ssa.Index:
				if k, ok := query.IntSSA(instr.Index); instr.X == c.Arg(0) && (!ok || k > 0) {
					return true
				}
			}
		}
	}
	backslash := false
	for _, other := range fl.In(c.Fn, "strings.HasPrefix", "strings.Contains", "strings.ContainsAny", "strings.ContainsRune", "strings.ReplaceAll", "strings.Replace", "strings.IndexByte", "strings.Index") {
		text, _ := query.StringSSA(other.Arg(1))
		backslash = backslash || slices.Contains([]byte(text), '\\')
	}
	return backslash || len(fl.In(c.Fn, "net/url.Parse", "net/url.ParseRequestURI", "(*net/url.URL).Parse", "path.Clean", "path.Join", "(*regexp.Regexp).MatchString", "strings.TrimLeft")) > 0
}

// refusesSlashes reports whether "//" is looked for.
func refusesSlashes(fl *flow.Flow, c flow.Call) bool {
	for _, other := range fl.In(c.Fn, "strings.HasPrefix", "strings.Contains") {
		if text, _ := query.StringSSA(other.Arg(1)); text == "//" {
			return true
		}
	}
	return false
}
