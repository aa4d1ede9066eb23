package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// strangers makes the function of a check that reports the data of strangers that is
// used as some classes of sink say, for the flows that are wanted. message says what is
// wrong, of the source and the sink. What several callers lead to in another function is
// reported once. A message of gRPC is for persona pedantic: another part of the system
// sends it, mostly with certificates on both sides.
func strangers(message string, wanted func(*taint.Flow) bool, classes ...string) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		want := func(f *taint.Flow) bool {
			return f.Source.Remote && slices.Contains(classes, f.Class.Name) && straight(f) && wanted(f)
		}
		reported := map[taint.Place]bool{}
		for _, f := range taint.Flows(pass, want) {
			sink := f.Steps[len(f.Steps)-1].Place
			if reported[sink] {
				continue
			}
			reported[sink] = true
			finding := f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink))
			if f.Source.Name == "grpc" || f.Source.Name == "http" && onlyPanics(f.Class.Name) || f.Class.Name == "metric" && (!isLabelled(&f) || isKnownMethod(pass, &f)) || isOfKnown(pass, &f) {
				finding.Persona = check.Pedantic
			}
			pass.Report(finding)
		}
		return nil
	}
}

// isOfKnown reports whether only somebody whom the program knows sends the data of a flow: see [isForKnown].
func isOfKnown(pass *check.PackagePass, f *taint.Flow) bool {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || f.Source.Name != "http" || f.Fn == nil {
		return false
	}
	at := f.Call
	if at == nil || at.Parent() != f.Fn {
		at = lastStep(pass, f)
	}
	return isForKnown(pass, fl, f.Fn, at)
}

// lastStep gives the call by which data leaves the function where its flow begins; nil if there is none.
func lastStep(pass *check.PackagePass, f *taint.Flow) (last ssa.Instruction) {
	for _, b := range f.Fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			at := pass.Fset.Position(call.Pos())
			if slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
				return s.File == at.Filename && s.Line == at.Line && strings.HasPrefix(s.Message, "is passed to ")
			}) {
				last = instr
			}
		}
	}
	return last
}

// onlyPanics reports whether all that comes of a class of flows is a panic, which net/http recovers for the one request that
// asked for it.
func onlyPanics(class string) bool {
	return class == "index" || class == "divisor" || class == "assertion"
}

// maxSteps is the longest way of a number that is reported: of those with more, which
// were all in servers with much state, none was right.
const maxSteps = 12

// maxUndecoded is how many functions data may be handed on through without being decoded anywhere. Text and bytes make a
// number where they are put together by hand, in a function or two; over more of them all four that were seen were the
// state of a server that the data had passed by.
const maxUndecoded = 3

// straight reports whether a number goes from where it is decoded to where it is used
// without waiting in a field in between. What a server keeps was mostly checked when
// it was stored, or is a count of its own that a request only moves on: of the state of a
// message broker nearly everything comes from clients somehow.
func straight(f *taint.Flow) bool {
	if len(f.Steps) > maxSteps {
		return false
	}
	calls := 0
	for i := len(f.Steps) - 1; i >= 0; i-- {
		message := f.Steps[i].Message
		if strings.HasPrefix(message, "is stored in ") {
			return false
		}
		if name, ok := strings.CutPrefix(message, "goes through "); ok && decodes(name) {
			return true
		}
		if strings.HasPrefix(message, "is passed to ") {
			calls++
		}
	}
	return calls <= maxUndecoded
}

// decodes reports whether a function makes a number of bytes or text. Names are as
// the steps of a flow have them: "(binary.bigEndian).Uint64", "json.Unmarshal".
func decodes(name string) bool {
	for _, part := range []string{"binary.", "strconv.", ").Decode", ".Unmarshal", ".Sscan", ".Fscan"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
