package taint

import (
	"go/types"
	"strings"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// Programs look at values in functions of their own: validID, isAllowedHost,
// checkPath. What such a function does is often more than the guards
// understand: it decodes and encodes again, asks a database, walks through the
// characters. Its name says what it is for.

// named handles a function of the program whose name says that it looks at its
// arguments, one of whose results came out well.
func (gs *guards) named(fn *types.Func, s *site, result int, when models.Outcome, depth int, list []checked) []checked {
	if when == models.True && findsInList(fn) {
		for _, arg := range s.operands {
			if b, ok := arg.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 {
				list = gs.check(arg, gs.shape("allow-list"), depth, list)
			}
		}
		return list
	}
	v := verdictOf(fn.Name())
	if v == noVerdict || when != v.outcome(fn.Signature().Results().At(result).Type()) {
		return list
	}
	operands := s.operands
	if s.receiver {
		operands = operands[1:]
	}
	for _, arg := range operands {
		if looksAt(arg.Type()) {
			list = gs.check(arg, gs.shape("named-check"), depth, list)
		}
	}
	return list
}

// findsInList reports whether a function says whether a list of texts has one of them, by what it takes and gives and by
// its name: Has(list, text), StringInSlice(text, list). What slices.Contains does was written in many places before it.
func findsInList(fn *types.Func) bool {
	sig := fn.Signature()
	if sig.Recv() != nil || sig.Params().Len() != 2 || sig.Results().Len() != 1 || sig.Variadic() || !types.Identical(sig.Results().At(0).Type(), types.Typ[types.Bool]) {
		return false
	}
	texts, lists := 0, 0
	for v := range sig.Params().Variables() {
		switch t := v.Type().Underlying().(type) {
		case *types.Basic:
			texts += btoi(t.Info()&types.IsString != 0)
		case *types.Slice:
			if b, ok := t.Elem().Underlying().(*types.Basic); ok {
				lists += btoi(b.Info()&types.IsString != 0)
			}
		}
	}
	if texts != 1 || lists != 1 {
		return false
	}
	finds := false
	for _, w := range query.Words(fn.Name()) {
		if partial[w] {
			return false
		}
		finds = finds || finding[w]
	}
	return finds
}

// finding are words of such a function, and partial those of one that is content with a part of a text.
var (
	finding = words("has contains contain includes include in member exists")
	partial = words("prefix prefixes suffix suffixes sub substr substring any match matches pattern glob not no")
)

// looksAt reports whether a check of a value of a type is one of text: a
// context or a request is only the way to other things.
func looksAt(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		return looksAt(u.Elem()) || isByte(u.Elem())
	case *types.Pointer:
		_, isURL := u.Elem().Underlying().(*types.Struct)
		return isURL && types.TypeString(u.Elem(), nil) == "net/url.URL"
	}
	return false
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Uint8
}

// A verdict is what a function that looks at values says of good ones.
type verdict int

const (
	noVerdict verdict = iota
	approves          // true, or no error
	objects           // false, or no error
)

// outcome is how a call of such a function comes out for a good value.
func (v verdict) outcome(result types.Type) models.Outcome {
	switch {
	case isFailure(result):
		return models.OK
	case v == objects:
		return models.False
	}
	return models.True
}

// What the words of a name say. The verbs of the second row look at anything,
// permissions and signatures too, and need a word for what they look at.
var (
	approving = words("valid validate validates validated validator safe allowed permitted acceptable sane local within inside contained descendant allowlisted whitelisted legal")
	asking    = words("check verify ensure assert require match matches is")
	objecting = words("invalid unsafe illegal malicious forbidden disallowed denied blocked escapes escaping outside traversal traverse reject insecure dangerous suspicious bad reserved private internal loopback")
	subjects  = words("path file filename folder dir directory name id key url uri host hostname domain origin redirect target link address addr endpoint repo repository branch ref tag bucket object prefix suffix pattern regex input query param parameter column field table order sort command option argument format extension")
)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// verdictOf judges the name of a function.
func verdictOf(name string) verdict {
	v, asks, subject := noVerdict, false, false
	negated := false
	for _, w := range query.Words(name) {
		switch {
		case w == "not" || w == "no" || w == "un":
			negated = true
		case objecting[w]:
			v = objects
		case approving[w] && v == noVerdict:
			v = approves
		}
		asks = asks || asking[w] && w != "is"
		subject = subject || subjects[w] || subjects[strings.TrimSuffix(w, "s")]
	}
	switch {
	case v == noVerdict && asks && subject:
		v = approves
	case v == objects && !asks && !subject && !strings.HasPrefix(strings.ToLower(name), "is"):
		return noVerdict // reject, block: they do it, rather than say it
	}
	if negated {
		return noVerdict
	}
	return v
}

// vouches gives the classes that what a function gives back is harmless for by
// the name of the function: sanitizePath, secureJoin.
func (r *run) vouches(fn *types.Func) models.Set {
	joins, inside := false, false
	for _, w := range query.Words(fn.Name()) {
		if making[w] {
			return r.models.Shape("named-safe")
		}
		joins = joins || joining[w]
		inside = inside || containing[w]
	}
	if joins && inside {
		return r.models.Shape("named-inside") // symlinkJoin, resolveInRoot
	}
	return 0
}

var (
	joining    = words("join joined resolve resolved follow eval")
	containing = words("symlink symlinks inside within beneath under root rooted chroot scope scoped contained confined jail jailed bounded")
)

var making = words("sanitize sanitise sanitized sanitised safe secure securely validate validated slug slugify")
