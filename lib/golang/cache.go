package golang

import (
	"bytes"
	"context"
	"encoding/gob"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// A Cache keeps what Run found out, so that packages which did not change, and
// import none of which the facts changed, are not analysed again. It is safe for
// concurrent use; the zero value keeps it in memory, nil nowhere.
type Cache struct {
	// Disk keeps it for other processes as well; nil does not.
	Disk *cache.Dir
	// Kept bounds what is kept in memory, in bytes; 0 means DefaultKept.
	Kept int
	// States is how many states of a package are kept in memory, for who judges it
	// again and again while it is edited; 0 means as many as there is room for.
	States int
	// Drafts is how many packages are kept with their types, for who judges one again
	// and again while it is edited: those that were judged alone last. 0 means none.
	// What is found out going on from a draft is kept in memory alone: other processes,
	// such as hooks, trust nothing but runs from scratch. See also [Cache.Settle].
	Drafts int

	mu     sync.Mutex
	drafts []*draft // the newest first; one in use is not among them
	data   map[cacheKey][]byte
	order  []cacheKey     // oldest first
	states map[string]int // how many keys of a place there are in order
	bytes  int
	loose  map[cacheKey]bool // those of data that were found out going on from a draft
	// settled counts the calls of Settle: what was under way then is not kept.
	settled int
}

// A cacheKey says where something about one state of a package is kept.
type cacheKey struct {
	place string // the package, and what it is that is kept; the same for all states
	state cache.Key
}

// DefaultKept is 64 MB: the facts of x/tools take 4 MB.
const DefaultKept = 64 << 20

func (c *Cache) get(k cacheKey, to any) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	data, ok := c.data[k]
	c.mu.Unlock()
	if !ok {
		if data, ok = c.Disk.Get(k.state); ok {
			c.mu.Lock()
			c.keepLocked(k, data)
			c.mu.Unlock()
		}
	}
	return ok && gob.NewDecoder(bytes.NewReader(data)).Decode(to) == nil
}

// put keeps a result that was found out with a draft, which is nil if without.
func (c *Cache) put(k cacheKey, from any, d *draft) {
	if c == nil {
		return
	}
	var out bytes.Buffer
	if gob.NewEncoder(&out).Encode(from) != nil {
		return
	}
	drafted := d != nil && d.Steps() > 0
	if !drafted {
		c.Disk.Put(k.state, out.Bytes())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !drafted {
		c.keepLocked(k, out.Bytes())
	} else if d.settled == c.settled {
		c.keepLocked(k, out.Bytes())
		if c.loose == nil {
			c.loose = map[cacheKey]bool{}
		}
		c.loose[k] = true
	}
}

// Settle forgets the drafts, and what was found out going on from one, so that it is
// found out from scratch when it is asked for next, and then kept for others as well.
// An editor settles what is saved.
func (c *Cache) Settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled++
	c.drafts = nil
	for i := len(c.order) - 1; i >= 0; i-- {
		if c.loose[c.order[i]] {
			c.drop(i)
		}
	}
}

// A draft is of one package.
type draft struct {
	load.Draft
	stock
	place   string
	settled int // of the cache, when it was taken out
}

func (c *Cache) keepsDrafts() bool { return c != nil && c.Drafts > 0 }

// load loads a package from its draft, which is to be given back when nobody looks at the
// package any more.
func (c *Cache) load(ctx context.Context, u *load.Unit) (*load.Package, *draft, error) {
	d := &draft{place: placeOf(u)}
	c.mu.Lock()
	if i := slices.IndexFunc(c.drafts, func(other *draft) bool { return other.place == d.place }); i >= 0 {
		d = c.drafts[i]
		c.drafts = slices.Delete(c.drafts, i, i+1)
	}
	d.settled = c.settled
	c.mu.Unlock()
	pkg, err := d.Load(ctx, u)
	return pkg, d, err
}

// giveBack keeps a draft for the next time.
func (c *Cache) giveBack(d *draft) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.settled == c.settled {
		c.drafts = slices.Insert(c.drafts, 0, d)
		c.drafts = slices.Delete(c.drafts, min(len(c.drafts), c.Drafts), len(c.drafts))
	}
}

// placeOf names a package, whatever its state.
func placeOf(u *load.Unit) string { return u.ImportPath + " in " + u.Folder }

func (c *Cache) keepLocked(k cacheKey, data []byte) {
	if c.data == nil {
		c.data, c.states = map[cacheKey][]byte{}, map[string]int{}
	}
	if _, ok := c.data[k]; ok {
		return
	}
	c.data[k] = data
	c.order = append(c.order, k)
	c.states[k.place]++
	c.bytes += len(data)
	if c.States > 0 && c.states[k.place] > c.States {
		c.drop(slices.IndexFunc(c.order, func(old cacheKey) bool { return old.place == k.place }))
	}
	limit := c.Kept
	if limit == 0 {
		limit = DefaultKept
	}
	for c.bytes > limit {
		c.drop(0)
	}
}

// drop forgets what stands at an index of the order.
func (c *Cache) drop(i int) {
	k := c.order[i]
	c.order = slices.Delete(c.order, i, i+1)
	c.bytes -= len(c.data[k])
	delete(c.data, k)
	delete(c.loose, k)
	if c.states[k.place]--; c.states[k.place] == 0 {
		delete(c.states, k.place)
	}
}

// keyOf identifies what checks find out about a package: by the package, by the
// facts about what it imports, and by the checks.
func keyOf(kind string, u *load.Unit, imported []*facts, checks []*check.Check) cacheKey {
	h := cache.NewHash(kind)
	h.Add(u.Key, u.Trial, u.Aside)
	for _, f := range imported {
		h.Add(f.sum)
	}
	var analyzers func(list []*analysis.Analyzer)
	analyzers = func(list []*analysis.Analyzer) {
		for _, a := range list {
			h.Add(a.Name)
			analyzers(a.Requires)
		}
	}
	for _, c := range checks {
		h.Add(c.ID, c.Digest, c.Generated)
		analyzers(c.Requires)
	}
	return cacheKey{kind + " " + placeOf(u), h.Key()}
}

// sumOf identifies facts together with those about all that the package imports.
func sumOf(list []fact, imported []*facts) cache.Key {
	h := cache.NewHash("facts")
	for _, f := range list {
		h.Add(string(f.Object), f.Kind, f.Data)
	}
	h.Add("imported")
	for _, f := range imported {
		h.Add(f.sum)
	}
	return h.Key()
}

// A verdict is what is kept of a package that was judged. It has no text of the
// source in it (invariant 10): see quoted.
type verdict struct {
	Tier     check.Tier
	Findings []check.Finding
	Notices  []check.Notice
}

// quote gives a verdict with, in place of the texts that are made from source,
// where they stand.
func (v verdict) quote(documents []*check.Document) verdict {
	var texts []string
	mapTexts(v.Findings, func(s string) string {
		texts = append(texts, s)
		return s
	})
	v.Findings = mapTexts(v.Findings, newQuoter(documents, texts).quote)
	return v
}

// unquote undoes quote; ok is false if that cannot be done.
func (v verdict) unquote(documents []*check.Document) (_ verdict, ok bool) {
	q, ok := &quoter{documents: documents}, true
	v.Findings = mapTexts(v.Findings, func(s string) string {
		text, err := q.unquote(s)
		ok = ok && err == nil
		return text
	})
	return v, ok
}

// mapTexts copies findings, with what change makes of their texts.
func mapTexts(findings []check.Finding, change func(string) string) []check.Finding {
	locations := func(list []check.Location) []check.Location {
		list = slices.Clone(list)
		for i := range list {
			list[i].Message = change(list[i].Message)
		}
		return list
	}
	findings = slices.Clone(findings)
	for i := range findings {
		f := &findings[i]
		f.Message = change(f.Message)
		f.Related, f.Flow = locations(f.Related), locations(f.Flow)
		f.Fixes = slices.Clone(f.Fixes)
		for k := range f.Fixes {
			fix := &f.Fixes[k]
			fix.Title = change(fix.Title)
			fix.Edits = slices.Clone(fix.Edits)
			for n := range fix.Edits {
				fix.Edits[n].NewText = change(fix.Edits[n].NewText)
			}
		}
	}
	return findings
}
