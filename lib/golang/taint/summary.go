package taint

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"

	"github.com/peercheck/peercheck/lib/golang/models"
)

// A summary says what a function does with data, in terms of its callers.
type summary struct {
	flows  []*flow
	guards []outcome
	// truncated says why flows are missing; empty if none are.
	truncated string
	outside   *summary // memo of stateless
}

// An end is one end of a flow.
type end struct {
	kind endKind
	// index is that of the parameter (the receiver is the first), the free
	// variable, the result, the source's kind or the sink's class.
	index  int
	path   path
	global *types.Var // of endGlobal
}

type endKind uint8

const (
	endParameter endKind = iota
	endFree              // a variable that a function literal captures
	endSource
	endResult
	endGlobal
	endSink
)

// A flow says that data goes from one end to another.
type flow struct {
	from, to end
	// same means that parts stay parts; otherwise any part of from makes to.
	same bool
	// keep are the classes for which the data is still dangerous at the end.
	keep models.Set
	// steps lead from one end to the other; where from is a source or to a sink,
	// the step there is among them.
	steps []step
	// whole says that what is in parts of from does not go there.
	whole bool
	// mixed says that other data is put before it on the way.
	mixed bool
	// what names what receives the data, of a flow to a sink: "os/exec.Command".
	what string
}

// An outcome says that a parameter is harmless where a result came out so.
type outcome struct {
	result int
	when   models.Outcome
	param  int
	path   path
	clears models.Set
}

// A step is one step of a flow, in this package or in another one.
type step struct {
	pos     token.Pos
	place   *Place // of another package
	message string
	sink    sinkPlace
}

// A sinkPlace says what to underline at a call: an argument, counted from 0, or
// theReceiver, or everything.
type sinkPlace struct {
	is       bool
	argument int
}

const (
	theReceiver = -1
	everything  = -2
)

// maxSteps bounds a path: the first and the last steps tell the story.
const maxSteps = 16

func joinSteps(parts ...[]step) []step {
	steps := slices.Concat(parts...)
	if len(steps) > maxSteps {
		steps = slices.Concat(steps[:maxSteps/2], steps[len(steps)-maxSteps/2:])
	}
	return steps
}

func (e end) compare(o end) int {
	c := cmp.Or(cmp.Compare(e.kind, o.kind), cmp.Compare(e.index, o.index), slices.Compare(e.path[:], o.path[:]))
	if c == 0 && e.global != o.global {
		return cmp.Compare(e.global.Id(), o.global.Id())
	}
	return c
}

func (f *flow) compare(o *flow) int {
	return cmp.Or(f.from.compare(o.from), f.to.compare(o.to), cmp.Compare(btoi(f.same), btoi(o.same)), cmp.Compare(btoi(f.whole), btoi(o.whole)), cmp.Compare(f.what, o.what))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// maxFlows bounds a summary. Hardly any in go-git, helm and x/tools has 60; what
// has more makes all its callers slow.
const maxFlows = 128

// equal reports whether two summaries say the same, steps apart.
func (s *summary) equal(o *summary) bool {
	return slices.EqualFunc(s.flows, o.flows, func(a, b *flow) bool { return a.compare(b) == 0 && a.keep == b.keep }) &&
		slices.Equal(s.guards, o.guards)
}

// stateless gives a summary without what happens to the receiver: where a call may
// be of several types, each has fields of its own, and they are not mixed up.
func (s *summary) stateless() *summary {
	if s.outside == nil {
		s.outside = &summary{guards: s.guards}
		for _, f := range s.flows {
			if f.to.kind != endParameter || f.to.index > 0 {
				s.outside.flows = append(s.outside.flows, f)
			}
		}
	}
	return s.outside
}

// add adds a flow unless it is already covered by a larger one.
func (s *summary) add(f *flow) {
	for _, g := range s.flows {
		if g.from.kind != f.from.kind || g.from.index != f.from.index || g.to.kind != f.to.kind ||
			g.to.index != f.to.index || g.to.global != f.to.global || g.what != f.what {
			continue
		}
		if g.whole && !f.whole {
			continue
		}
		if g.from == f.from && g.to == f.to && g.same == f.same && g.whole == f.whole {
			if f.keep&^g.keep == 0 {
				return
			}
			if f.to.kind != endSink { // one path for all classes
				g.keep |= f.keep
				return
			}
		}
		if f.keep&^g.keep != 0 {
			continue
		}
		in, ok := f.from.path.cut(g.from.path)
		if !ok {
			continue
		}
		out, ok := f.to.path.cut(g.to.path)
		if ok && (!g.same || f.same && in == out) {
			return
		}
	}
	if len(s.flows) == maxFlows {
		s.truncated = "more flows than are kept"
		return
	}
	s.flows = append(s.flows, f)
}
