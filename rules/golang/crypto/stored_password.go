package crypto

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

// storesPassword reports whether what a call derives from a password is kept to let somebody in by it: it is compared, it gets
// the name of a password's hash, or the function around it is named for that. A key for a cipher or a MAC is not kept, so that
// nothing leaks by which guesses could be tried; and many such a password is an operator's random text.
func storesPassword(tracer *purpose.Tracer, c inspector.Cursor) bool {
	if f, ok := code.Enclosing(c); ok && hashesPassword(f.Name) {
		return true
	}
	trace := tracer.Trace(c)
	_, kept := trace.Has(purpose.Password)
	return kept || trace.PassedTo("crypto/subtle.ConstantTimeCompare", "crypto/hmac.Equal", "bytes.Equal", "reflect.DeepEqual")
}

// hashesPassword reports whether a function is named for hashing a password, or for comparing one with its hash.
func hashesPassword(name string) bool {
	words := query.Words(name)
	about := slices.ContainsFunc(words, func(w string) bool {
		return w == "password" || w == "passwords" || w == "passwd" || w == "pass" || w == "pwd" || w == "credentials"
	})
	return about && slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "check", "compare", "matches", "match", "store", "save", "set", "create", "authenticate", "encode":
			return true
		}
		return strings.HasPrefix(w, "hash") || strings.HasPrefix(w, "verif") || strings.HasPrefix(w, "valid") || strings.HasPrefix(w, "encrypt")
	})
}
