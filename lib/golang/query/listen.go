package query

import (
	"go/ast"
	"go/types"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// ListensLocally reports whether a package listens on Unix sockets, and on nothing else: who may send it something is decided
// by the modes of the sockets' files (unix(7), "Pathname socket ownership and permissions"). Files of tests do not count. It
// walks through the whole package, if that imports net at all.
func ListensLocally(pass *analysis.Pass) bool { return listensOnly(pass, false) }

// ListensOnMachine is [ListensLocally] for packages that listen on constant addresses of this machine as well, where all of its
// users can send them something, and the pages that a browser shows.
func ListensOnMachine(pass *analysis.Pass) bool { return listensOnly(pass, true) }

func listensOnly(pass *analysis.Pass, loopback bool) bool {
	if !slices.ContainsFunc(pass.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == "net" }) {
		return false
	}
	sockets, others := 0, 0
	for _, f := range pass.Files {
		if strings.HasSuffix(pass.Fset.File(f.FileStart).Name(), "_test.go") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return others == 0
			}
			network, listens := listeners[Callee(pass.TypesInfo, call)]
			switch {
			case !listens:
			case isUnix(pass, call, network), loopback && isConstLoopback(pass, call, network+1):
				sockets++
			default:
				others++
			}
			return others == 0
		})
	}
	return sockets > 0 && others == 0
}

// listeners are the functions that listen, and which argument names the network, where one does.
var listeners = map[string]int{
	"net.Listen":                           0,
	"(*net.ListenConfig).Listen":           1,
	"crypto/tls.Listen":                    0,
	"net.ListenUnix":                       0,
	"net.ListenTCP":                        0,
	"net/http.ListenAndServe":              -1,
	"net/http.ListenAndServeTLS":           -1,
	"(*net/http.Server).ListenAndServe":    -1,
	"(*net/http.Server).ListenAndServeTLS": -1,
}

// isUnix reports whether an argument of a call is the constant "unix" or one of its kin (net.Dial).
func isUnix(pass *analysis.Pass, call *ast.CallExpr, argument int) bool {
	if argument < 0 || argument >= len(call.Args) {
		return false
	}
	network, _ := String(pass.TypesInfo, call.Args[argument])
	return strings.HasPrefix(network, "unix")
}

// isConstLoopback reports whether an argument of a call is a constant address of this machine.
func isConstLoopback(pass *analysis.Pass, call *ast.CallExpr, argument int) bool {
	if argument >= len(call.Args) {
		return false
	}
	address, ok := String(pass.TypesInfo, call.Args[argument])
	return ok && IsLoopback(address)
}

// IsLoopback reports whether an address, with a port or without, is one of this machine: "localhost:8080", "[::1]:80".
func IsLoopback(address string) bool {
	host := address
	if i := strings.LastIndexByte(address, ':'); i >= 0 && !strings.HasSuffix(address, "::1") {
		host = address[:i]
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
