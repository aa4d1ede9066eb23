package taint

import (
	"go/token"

	"github.com/peercheck/peercheck/lib/check"
)

// Flows gives the flows that a check, which requires [Analyzer], has to report: of
// those that it wants one for each place, of the source that matters most, those on
// the network before those of who runs the program.
func Flows(pass *check.PackagePass, want func(*Flow) bool) []Flow {
	result, _ := pass.ResultOf[Analyzer].(*Result)
	if result == nil {
		return nil
	}
	return pick(result.Flows, want)
}

// FlowsFromCallers gives the flows of [Result.Callers] that a check wants, but for
// places where Flows has one of the same class from the network. It is for a check
// that has a reason to hold against the package itself that it trusts its callers, and that says so
// by a Tentative finding:
//
//	for _, f := range taint.Flows(pass, want) { ... }
//	for _, f := range taint.FlowsFromCallers(pass, func(f *taint.Flow) bool {
//		return f.Class.Name == "sql" && f.Partial // text around it: it is no statement of the caller's
//	}) {
//		finding := f.Finding(pass, message) // Tentative, because no stranger is in sight
//		...
//	}
//
// Without a condition such as Partial nearly every library has dozens: an exported Query(text) passes
// its text on.
func FlowsFromCallers(pass *check.PackagePass, want func(*Flow) bool) []Flow {
	result, _ := pass.ResultOf[Analyzer].(*Result)
	if result == nil {
		return nil
	}
	type place struct {
		pos   token.Pos
		class string
	}
	known := map[place]bool{}
	for _, f := range result.Flows {
		if f.Source.Remote {
			known[place{f.Pos, f.Class.Name}] = true
		}
	}
	return pick(result.Callers(), func(f *Flow) bool { return !known[place{f.Pos, f.Class.Name}] && want(f) })
}

// pick gives one flow for each place, that from the network if there is one.
func pick(flows []Flow, want func(*Flow) bool) []Flow {
	var list []Flow
	for _, f := range flows {
		if !want(&f) {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Pos == f.Pos && list[n-1].End == f.End {
			if !list[n-1].Source.Remote && f.Source.Remote {
				list[n-1] = f
			}
			continue
		}
		list = append(list, f)
	}
	return list
}

// firmSteps is the longest way that makes a Firm finding, for everybody. False flows that were read in
// servers had 15 steps and more: on the way through that many functions some object comes to stand for
// another one. Fewer than one in four was right.
const firmSteps = 12

// Finding makes a finding of a flow, with its place and its way. Where only who
// runs the program controls the data it is Tentative: a command line tool opens
// the file that it is told to open. So it is where the way is very long, and that
// is for who asks for more.
func (f *Flow) Finding(pass *check.PackagePass, message string) check.Finding {
	finding := check.Finding{Message: message}
	finding.Location = check.Location{Range: pass.Range(f.Pos, f.End)}
	if d := pass.Document(f.Pos); d != nil {
		finding.Location.Path = d.Path
	}
	for _, s := range f.Steps {
		if s.File == "" {
			continue
		}
		finding.Flow = append(finding.Flow, check.Location{Path: s.File, Range: check.Range{Start: s.Start, End: s.End}, Message: s.Message})
	}
	if !f.Source.Remote || len(f.Steps) > firmSteps {
		finding.Confidence = check.Tentative
	}
	if len(f.Steps) > firmSteps {
		finding.Persona = check.Pedantic
	}
	return finding
}
