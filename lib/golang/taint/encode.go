package taint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/models"
)

// A Summary is the fact about a function: what it does with its callers' data.
// It is gob-encoded as bytes of its own, which are smaller and are decoded with
// bounds.
type Summary struct {
	flows  []exported
	guards []exportedGuard
}

// AFact makes Summary a fact.
func (*Summary) AFact() {}

// Located gives the summary with its steps elsewhere; see golang.Placed.
func (s *Summary) Located(where func(check.Location) check.Location) analysis.Fact {
	moved := &Summary{flows: slices.Clone(s.flows), guards: s.guards}
	for i := range moved.flows {
		steps := slices.Clone(moved.flows[i].steps)
		for k := range steps {
			st := &steps[k]
			l := where(check.Location{Path: st.File, Range: check.Range{Start: st.Start, End: st.End}, Start: check.Position{Line: st.Line, Column: st.Column}})
			st.Start, st.End, st.Line, st.Column = l.Range.Start, l.Range.End, l.Start.Line, l.Start.Column
		}
		moved.flows[i].steps = steps
	}
	return moved
}

// String tells how much there is in it.
func (s *Summary) String() string {
	return fmt.Sprintf("%d flows, %d guards", len(s.flows), len(s.guards))
}

// Analysed is the fact about a package that all of its functions have a summary
// unless they do nothing with data.
type Analysed struct{ Truncated int }

// AFact makes Analysed a fact.
func (*Analysed) AFact() {}

// String names the fact.
func (*Analysed) String() string { return "analysed" }

// exported is a flow in terms that hold in other packages.
type exported struct {
	from, to exportedEnd
	same     bool
	mixed    bool
	whole    bool
	keep     models.Set
	steps    []Step
	what     string
}

type exportedEnd struct {
	kind  endKind
	index int
	name  string // of a source's kind or a sink's class
	path  []string
}

type exportedGuard struct {
	result, param int
	when          models.Outcome
	path          []string
	clears        models.Set
}

// export puts a summary into terms that hold in other packages. Flows of captured
// and of package-level variables stay here.
func (r *run) export(s *summary) *Summary {
	e := &Summary{}
	for _, f := range s.flows {
		if f.from.kind == endFree || f.to.kind == endFree || f.to.kind == endGlobal || f.from.kind == endSource && f.to.kind == endSink {
			continue
		}
		x := exported{from: r.exportEnd(f.from), to: r.exportEnd(f.to), same: f.same, mixed: f.mixed, whole: f.whole, keep: f.keep, what: f.what}
		for _, st := range f.steps {
			x.steps = append(x.steps, r.places.step(st))
		}
		e.flows = append(e.flows, x)
	}
	for _, o := range s.guards {
		e.guards = append(e.guards, exportedGuard{o.result, o.param, o.when, r.names.spell(o.path), o.clears})
	}
	if len(e.flows) == 0 && len(e.guards) == 0 {
		return nil
	}
	return e
}

func (r *run) exportEnd(e end) exportedEnd {
	x := exportedEnd{kind: e.kind, index: e.index, path: r.names.spell(e.path)}
	switch e.kind {
	case endSource:
		x.index, x.name = 0, r.models.Kinds()[e.index].Name
	case endSink:
		x.index, x.name = 0, r.models.Classes()[e.index].Name
	}
	return x
}

// decode puts a fact into the terms of this run. Kinds and classes that the
// models here do not know are left out.
func (r *run) decode(e *Summary) *summary {
	s := &summary{}
	for i := range e.flows {
		x := &e.flows[i]
		from, ok1 := r.decodeEnd(x.from)
		to, ok2 := r.decodeEnd(x.to)
		if !ok1 || !ok2 {
			continue
		}
		f := &flow{from: from, to: to, same: x.same, mixed: x.mixed, whole: x.whole, keep: x.keep, what: x.what}
		for k := range x.steps {
			f.steps = append(f.steps, step{place: &x.steps[k].Place, message: x.steps[k].Message})
		}
		s.flows = append(s.flows, f)
	}
	for _, g := range e.guards {
		s.guards = append(s.guards, outcome{g.result, g.when, g.param, r.names.path(g.path), g.clears})
	}
	return s
}

func (r *run) decodeEnd(x exportedEnd) (end, bool) {
	e := end{kind: x.kind, index: x.index, path: r.names.path(x.path)}
	switch x.kind {
	case endSource:
		k := r.models.Kind(x.name)
		if k == nil {
			return e, false
		}
		e.index = r.kind(k)
	case endSink:
		c := r.models.Class(x.name)
		if c == nil {
			return e, false
		}
		e.index = r.class(c)
	}
	return e, true
}

// The bounds of decoding. They are those that the analyzer itself keeps to, and
// for texts more than any name or message has.
const (
	maxText  = 1 << 12
	maxIndex = 1 << 16
)

// errFact is the error for bytes that are no summary.
var errFact = errors.New("taint: malformed summary; delete the cache that it comes from")

const factVersion = 3

// GobEncode encodes a summary; equal ones give equal bytes.
func (s *Summary) GobEncode() ([]byte, error) {
	w := &writer{texts: map[string]uint64{}}
	w.uint(factVersion)
	w.uint(uint64(len(s.flows)))
	for i := range s.flows {
		f := &s.flows[i]
		w.end(f.from)
		w.end(f.to)
		w.uint(uint64(btoi(f.same) | btoi(f.mixed)<<1 | btoi(f.whole)<<2))
		w.uint(uint64(f.keep))
		w.text(f.what)
		w.uint(uint64(len(f.steps)))
		for _, st := range f.steps {
			w.text(st.Message)
			w.text(st.File)
			w.uint(uint64(st.Start))
			w.uint(uint64(st.End - st.Start))
			w.uint(uint64(st.Line))
			w.uint(uint64(st.Column))
		}
	}
	w.uint(uint64(len(s.guards)))
	for _, g := range s.guards {
		w.uint(uint64(g.result))
		w.uint(uint64(g.param))
		w.uint(uint64(g.when))
		w.path(g.path)
		w.uint(uint64(g.clears))
	}
	return w.out, nil
}

// GobDecode decodes a summary. Bytes that are none give an error, and cost no
// more memory than a hundred times their length.
func (s *Summary) GobDecode(in []byte) error {
	d := &decoder{in: in}
	if d.uint() != factVersion {
		return errFact
	}
	for range d.count(maxFlows) {
		f := exported{from: d.end(), to: d.end()}
		bits := d.uint()
		f.same, f.mixed, f.whole = bits&1 != 0, bits&2 != 0, bits&4 != 0
		f.keep, f.what = models.Set(d.uint()), d.text()
		for range d.count(maxSteps) {
			st := Step{Message: d.text()}
			st.File = d.text()
			st.Start = d.int(1 << 31)
			st.End = st.Start + d.int(1<<24)
			st.Line, st.Column = d.int(1<<31), d.int(1<<31)
			f.steps = append(f.steps, st)
		}
		s.flows = append(s.flows, f)
	}
	for range d.count(maxFlows) {
		s.guards = append(s.guards, exportedGuard{
			result: d.int(maxIndex), param: d.int(maxIndex), when: models.Outcome(d.int(8)), path: d.path(), clears: models.Set(d.uint())})
	}
	if d.bad || len(d.in) > 0 {
		*s = Summary{}
		return errFact
	}
	return nil
}

type writer struct {
	out   []byte
	texts map[string]uint64
}

func (w *writer) uint(n uint64) { w.out = binary.AppendUvarint(w.out, n) }

// text writes a text once, and its number from then on.
func (w *writer) text(s string) {
	s = s[:min(len(s), maxText)]
	if n, ok := w.texts[s]; ok {
		w.uint(n)
		return
	}
	w.texts[s] = uint64(len(w.texts) + 1)
	w.uint(0)
	w.uint(uint64(len(s)))
	w.out = append(w.out, s...)
}

func (w *writer) path(p []string) {
	w.uint(uint64(len(p)))
	for _, e := range p {
		w.text(e)
	}
}

func (w *writer) end(e exportedEnd) {
	w.uint(uint64(e.kind))
	w.uint(uint64(e.index))
	w.text(e.name)
	w.path(e.path)
}

type decoder struct {
	in    []byte
	texts []string
	bad   bool
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.in)
	if size <= 0 {
		d.bad, d.in = true, nil
		return 0
	}
	d.in = d.in[size:]
	return n
}

func (d *decoder) int(limit uint64) int {
	n := d.uint()
	if n >= limit {
		d.bad, d.in = true, nil
		return 0
	}
	return int(n)
}

// count reads how many follow; none after an error.
func (d *decoder) count(limit uint64) int {
	n := d.int(limit + 1)
	if n > len(d.in) {
		d.bad = true
		return 0
	}
	return n
}

func (d *decoder) text() string {
	n := d.uint()
	if d.bad {
		return ""
	}
	if n > 0 {
		if n > uint64(len(d.texts)) {
			d.bad, d.in = true, nil
			return ""
		}
		return d.texts[n-1]
	}
	size := d.int(maxText + 1)
	if size > len(d.in) {
		d.bad, d.in = true, nil
		return ""
	}
	s := string(d.in[:size])
	d.in = d.in[size:]
	d.texts = append(d.texts, s)
	return s
}

func (d *decoder) path() []string {
	var p []string
	for range d.count(maxDepth) {
		p = append(p, d.text())
	}
	return p
}

func (d *decoder) end() exportedEnd {
	return exportedEnd{kind: endKind(d.int(uint64(endSink) + 1)), index: d.int(maxIndex), name: d.text(), path: d.path()}
}
