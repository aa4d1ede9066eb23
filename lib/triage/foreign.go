package triage

import (
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// foreignSilences reports whether another tool's comment means a check: its
// domain must be the tool's, and where a comment of gosec names rules, one of
// them must look for the same weakness.
func foreignSilences(c ignore.Comment, k *check.Check) bool {
	if k == nil {
		return false
	}
	switch c.Tool {
	case ignore.Gosec:
		return k.Domain() == "go" && (len(c.IDs) == 0 || slices.ContainsFunc(c.IDs, func(id string) bool { return gosecMeans(id, k) }))
	case ignore.Nolint:
		return k.Domain() == "go" && (len(c.IDs) == 0 || slices.ContainsFunc(c.IDs, func(id string) bool { return id == "gosec" || id == "all" || id == "peercheck" }))
	case ignore.Semgrep:
		return !k.Secret
	case ignore.Gitleaks:
		return k.Secret
	case ignore.Zizmor:
		return k.Domain() == "actions"
	case ignore.Hadolint:
		return k.Domain() == "docker"
	}
	return false
}

func gosecMeans(rule string, k *check.Check) bool {
	cwes := gosecCWE[strings.ToUpper(rule)]
	return slices.ContainsFunc(k.CWE, func(c check.CWE) bool { return slices.Contains(cwes, c) })
}

// gosecCWE gives the weaknesses that a rule of gosec 2.30.0 looks for: what its
// own table says (package issue), and the neighbours by which our checks name
// the same thing.
var gosecCWE = map[string][]check.CWE{
	"G101": {798, 259, 321}, "G102": {200}, "G103": {242}, "G104": {703, 252, 347, 755}, "G106": {322, 295},
	"G107": {88, 918}, "G108": {200, 489}, "G109": {190, 681}, "G110": {409}, "G111": {22},
	"G112": {400, 770}, "G113": {444}, "G114": {676, 400, 770}, "G115": {190, 681}, "G116": {838, 1007}, "G117": {499, 312, 532},
	"G118": {400, 772}, "G119": {200}, "G120": {400, 770}, "G121": {346, 352}, "G122": {367}, "G123": {295},
	"G124": {614, 1004, 1275}, "G125": {22}, "G201": {89}, "G202": {89}, "G203": {79}, "G204": {78, 88},
	"G301": {276, 732}, "G302": {276, 732}, "G303": {377, 379}, "G304": {22}, "G305": {22}, "G306": {276, 732}, "G307": {276, 732},
	"G401": {328, 327, 916}, "G402": {295, 327}, "G403": {310, 326}, "G404": {338}, "G405": {327}, "G406": {328, 327}, "G407": {1204, 329},
	"G408": {287}, "G501": {327, 328}, "G502": {327}, "G503": {327}, "G504": {327}, "G505": {327, 328}, "G506": {327, 328}, "G507": {327, 328},
	"G601": {118}, "G602": {118, 129}, "G701": {89}, "G702": {78, 88}, "G703": {22}, "G704": {918}, "G705": {79}, "G706": {117},
	"G707": {93}, "G708": {94, 1336}, "G709": {502}, "G710": {601},
}
