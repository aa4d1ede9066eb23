// Package golang is the list of Go checks, which live in one package for each
// part of a program that they look at. Use [All], or [Analyzer] in a driver that
// takes one analyzer a package.
package golang

import (
	"slices"

	"github.com/peercheck/peercheck/lib/check"
	driver "github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/rules/golang/auth"
	"github.com/peercheck/peercheck/rules/golang/crypto"
	"github.com/peercheck/peercheck/rules/golang/files"
	"github.com/peercheck/peercheck/rules/golang/injection"
	"github.com/peercheck/peercheck/rules/golang/resource"
	"github.com/peercheck/peercheck/rules/golang/transport"
	"github.com/peercheck/peercheck/rules/golang/web"
)

// All gives every Go check, in no particular order. The slice is the caller's own.
func All() []*check.Check {
	return slices.Concat(
		auth.All(),
		crypto.All(),
		files.All(),
		injection.All(),
		resource.All(),
		transport.All(),
		web.All(),
	)
}

// Analyzer runs the checks that run by default. Bazel's nogo takes it by the name
// of this package (see README.md).
var Analyzer = driver.Suite("peercheck", slices.DeleteFunc(All(), func(c *check.Check) bool { return c.Persona != check.Regular }))
