package taint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A path leads from a value to a part of it: names of fields, and the elements
// below. It is zero-terminated, and at most maxDepth long: what is deeper counts
// as the part at that depth. A pointer and what it points to are not told apart.
type path [maxDepth]uint32

// maxDepth is 3: the deepest that handlers commonly write, r.URL.Path, has two,
// and each further level multiplies the facts about large structs.
const maxDepth = 3

// The elements that are no field. The elements of a function stand for its
// parameters and results: what is stored into "(0)" is its first argument.
const (
	elements = 1 + iota // of a slice, an array, a channel; the values of a map
	keys                // of a map
	content             // what is written to it as a stream
)

// An interner numbers the names of path elements in one run.
type interner struct {
	ids   map[string]uint32
	names []string
	calls []bool // whether a name is that of a parameter or result
}

func newInterner() *interner {
	in := &interner{ids: map[string]uint32{}}
	for _, name := range []string{"", "[]", "{}", "*"} {
		in.id(name)
	}
	return in
}

func (in *interner) id(name string) uint32 {
	id, ok := in.ids[name]
	if !ok {
		id = uint32(len(in.names))
		in.ids[name] = id
		in.names = append(in.names, name)
		in.calls = append(in.calls, strings.HasPrefix(name, "(") || strings.HasPrefix(name, ")"))
	}
	return id
}

// parameter and result are the elements of a function.
func (in *interner) parameter(i int) uint32 { return in.id("(" + strconv.Itoa(i)) }
func (in *interner) result(i int) uint32    { return in.id(")" + strconv.Itoa(i)) }

// throughField reports whether a path leads to what a function is called with, or returns, that is kept in
// a field or container rather than being the value itself.
func (in *interner) throughField(p path) bool {
	for i, e := range p {
		if i > 0 && e != 0 && in.calls[e] {
			return true
		}
	}
	return false
}

// path interns a path; names spells it out.
func (in *interner) path(names []string) path {
	var p path
	for _, name := range names {
		p, _ = p.add(in.id(name))
	}
	return p
}

func (in *interner) spell(p path) []string {
	var names []string
	for _, e := range p {
		if e != 0 {
			names = append(names, in.names[e])
		}
	}
	return names
}

func (p path) length() int {
	for i, e := range p {
		if e == 0 {
			return i
		}
	}
	return maxDepth
}

// add leads one step further; deep is set if that is too deep, and the path stays.
// Of two equal steps only one is kept, so that the links of a list are one.
func (p path) add(e uint32) (longer path, deep bool) {
	n := p.length()
	if n > 0 && p[n-1] == e {
		return p, false
	}
	if n == maxDepth {
		return p, true
	}
	p[n] = e
	return p, false
}

func (p path) join(q path) (longer path, deep bool) {
	for _, e := range q {
		if e == 0 {
			break
		}
		if p, deep = p.add(e); deep {
			return p, true
		}
	}
	return p, false
}

// cut takes a prefix off.
func (p path) cut(prefix path) (rest path, ok bool) {
	n := prefix.length()
	for i := range n {
		if p[i] != prefix[i] {
			return path{}, false
		}
	}
	copy(rest[:], p[n:])
	return rest, true
}

// A cell is a place for data in a function: a value, or a part of what it is or
// points to.
type cell struct {
	node int32
	path path
}

func (c cell) join(p path) (part cell, deep bool) {
	c.path, deep = c.path.join(p)
	return c, deep
}

func (c cell) compare(o cell) int {
	return cmp.Or(cmp.Compare(c.node, o.node), slices.Compare(c.path[:], o.path[:]))
}
