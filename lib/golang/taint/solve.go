package taint

import (
	"github.com/peercheck/peercheck/lib/golang/models"
)

// A fact says that the data of an origin is in a cell.
type fact struct {
	at     cell
	origin int32
	// same means that the cell's parts are the origin's parts.
	same bool
	// whole means that the parts of the origin are left out.
	whole bool
	// keep are the classes that this fact adds to earlier ones of the same cell
	// and origin.
	keep models.Set
	// how it came: the fact before and the edge, or the seed.
	before int32
	note   int32
	next   int32 // of the same node
	peer   int32 // of the same node and origin
}

// A solver finds all facts of a graph, those with the shortest way first.
type solver struct {
	*graph
	facts    []fact
	origins  []end
	ids      map[end]int32
	narrowed map[narrowing]int32
	heads    *factTable
	budget   int
}

// A narrowing is an origin of which only a part is meant from now on.
type narrowing struct {
	origin int32
	rest   path
}

// What callers hand in is followed within a budget that grows with the function,
// so that the time for a package is linear: what is in and about a linked
// structure would otherwise be combined with itself. Most functions need a tenth
// of it. Sources come first, and have the whole of maxFacts.
const (
	factsPerFunction = 600
	factsPerNode     = 8
	maxFacts         = 200_000
	maxNodeFacts     = 150
)

func (s *solver) origin(e end) int32 {
	id, ok := s.ids[e]
	if !ok {
		id = int32(len(s.origins))
		s.origins = append(s.origins, e)
		s.ids[e] = id
	}
	return id
}

// narrow gives the origin that is a part of another one, and whether it is too deep to
// be told from what is around it.
func (s *solver) narrow(origin int32, rest path) (int32, bool) {
	k := narrowing{origin, rest}
	if id, ok := s.narrowed[k]; ok {
		return id &^ deepOrigin, id&deepOrigin != 0
	}
	from := s.origins[origin]
	var deep bool
	from.path, deep = from.path.join(rest)
	id := s.origin(from)
	s.narrowed[k] = id | int32(btoi(deep))*deepOrigin
	return id, deep
}

const deepOrigin = 1 << 30 // set in narrowed if the part is too deep

func (s *solver) add(f fact) {
	n := &s.nodes[f.at.node]
	if n.t != nil {
		if f.keep &= s.run.pathMask(n.t, f.at.path); f.keep == 0 {
			return
		}
	}
	head := s.heads.at(f.at.node, f.origin)
	for i := *head; i != none; i = s.facts[i].peer {
		old := &s.facts[i]
		if old.same && !f.same || old.whole && !f.whole {
			continue
		}
		covered := old.at.path == f.at.path && old.same == f.same
		if !covered && !old.same { // what is in the whole is in its parts
			_, covered = f.at.path.cut(old.at.path)
		}
		if covered {
			more := f.keep &^ old.keep
			if more == 0 {
				return
			}
			if together := models.Start | s.run.redirectBit; more&together != 0 {
				more |= f.keep & together
			}
			f.keep = more
		}
	}
	if n.facts >= maxNodeFacts || len(s.facts) >= s.budget {
		s.truncated = "too much data comes together in it"
		return
	}
	f.next, f.peer = n.fact, *head
	n.fact = int32(len(s.facts))
	*head = n.fact
	n.facts++
	s.facts = append(s.facts, f)
}

// A factTable finds the last fact of a node and an origin. It is used for one function
// after the other, without being cleared.
type factTable struct {
	slots []factSlot // a power of two
	used  int
	epoch uint32
}

type factSlot struct {
	node, origin int32
	epoch        uint32
	fact         int32
}

func (t *factTable) reset() {
	t.epoch++
	t.used = 0
	if t.slots == nil || t.epoch == 0 {
		t.slots, t.epoch = make([]factSlot, 1<<10), 1
	}
}

// at gives the place of a node and an origin, which is none if there is no fact yet.
// It is valid until the next call.
func (t *factTable) at(node, origin int32) *int32 {
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	for i := (uint32(node)*0x9E3779B1 ^ uint32(origin)*0x85EBCA6B) >> 3 & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.epoch != t.epoch {
			*s = factSlot{node, origin, t.epoch, none}
			t.used++
			return &s.fact
		}
		if s.node == node && s.origin == origin {
			return &s.fact
		}
	}
}

func (t *factTable) grow() {
	old, epoch := t.slots, t.epoch
	*t = factTable{slots: make([]factSlot, 2*len(old)), epoch: epoch}
	for _, s := range old {
		if s.epoch == epoch {
			*t.at(s.node, s.origin) = s.fact
		}
	}
}

// solve finds all facts, and says what reached a sink.
func (g *graph) solve(reached func(s *solver, f int32, sink *sinkUse)) *solver {
	s := &solver{graph: g, facts: g.run.spare.facts[:0], ids: map[end]int32{}, narrowed: map[narrowing]int32{}, heads: &g.run.heads, budget: maxFacts}
	s.heads.reset()
	done := 0
	for _, sources := range []bool{true, false} {
		for _, seed := range g.seeds {
			if (seed.from.kind == endSource) == sources {
				s.add(fact{at: seed.at, origin: s.origin(seed.from), same: seed.same, keep: seed.keep, before: none, note: seed.note})
			}
		}
		done = s.spread(done, reached)
		s.budget = min(maxFacts, len(s.facts)+factsPerFunction+factsPerNode*len(g.nodes))
	}
	return s
}

// spread follows the facts from a number on, and says how many there are.
func (s *solver) spread(first int, reached func(s *solver, f int32, sink *sinkUse)) int {
	g := s.graph
	for i := first; i < len(s.facts); i++ {
		f := s.facts[i]
		for k := g.nodes[f.at.node].firstEdge; k != none; k = g.edges[k].next {
			e := &g.edges[k]
			keep := f.keep & e.keep
			if e.block != 0 && f.at.path != e.from {
				keep &^= g.guards.clearedPart(f.at, e.from, int(e.block)-1)
			}
			if keep&^s.run.idle == 0 && (e.to.node >= 0 || keep&^models.Start == 0) {
				continue
			}
			t := fact{at: e.to, origin: f.origin, keep: keep, before: int32(i), note: e.note, whole: f.whole || e.whole && f.same}
			if rest, ok := f.at.path.cut(e.from); ok {
				if e.whole && rest != (path{}) {
					continue
				}
				t.same = f.same && e.same
				if e.same && e.to.node >= 0 {
					var deep bool
					if t.at, deep = e.to.join(rest); deep {
						continue // it would be taken for another part
					}
				}
			} else if rest, ok := e.from.cut(f.at.path); ok {
				t.same = f.same && e.same
				if f.same { // from now on only of this part
					var deep bool
					t.origin, deep = s.narrow(f.origin, rest)
					t.same = t.same && !deep
				}
			} else {
				continue
			}
			if e.to.node < 0 {
				s.facts = append(s.facts, t)
				reached(s, int32(len(s.facts)-1), &g.sinks[-e.to.node-1])
				s.facts = s.facts[:len(s.facts)-1]
				continue
			}
			s.add(t)
		}
	}
	return len(s.facts)
}

// way tells how a fact came about, in steps.
func (s *solver) way(f int32) []step {
	var notes []int32
	for ; f != none; f = s.facts[f].before {
		if n := s.facts[f].note; n != none {
			notes = append(notes, n)
		}
	}
	var parts [][]step
	for i := len(notes) - 1; i >= 0; i-- {
		parts = append(parts, s.tell(&s.notes[notes[i]]))
	}
	return joinSteps(parts...)
}

// mixed reports whether other data was added to what a fact is about.
func (s *solver) mixed(f int32) bool {
	for ; f != none; f = s.facts[f].before {
		if n := s.facts[f].note; n != none && (s.notes[n].mixed || s.notes[n].flow != nil && s.notes[n].flow.mixed) {
			return true
		}
	}
	return false
}

func (s *solver) tell(n *note) []step {
	switch n.kind {
	case noteSource:
		return []step{{pos: n.pos, message: "untrusted: " + n.name}}
	case noteThrough:
		return []step{{pos: n.pos, message: "goes through " + n.name}}
	case noteField:
		return []step{{pos: n.pos, message: "is stored in " + n.name}}
	case noteCall:
		f := n.flow
		if f == nil {
			return []step{{pos: n.pos, message: "is passed to " + n.name}}
		}
		switch {
		case f.from.kind == endSource:
			return append(f.steps[:len(f.steps):len(f.steps)], step{pos: n.pos, message: "is returned by " + n.name})
		case f.from.kind == endFree:
			return f.steps
		case f.to.kind == endResult:
			return append([]step{{pos: n.pos, message: "goes through " + n.name}}, f.steps...)
		}
		return append([]step{{pos: n.pos, message: "is passed to " + n.name}}, f.steps...)
	case noteFlow:
		return n.flow.steps
	case noteMixed:
		return nil
	}
	return nil
}
