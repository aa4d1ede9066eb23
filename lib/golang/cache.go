package golang

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// A Cache keeps the facts about packages, so that those which did not change are
// not analysed again. It belongs to one Loader. It is safe for concurrent use; the
// zero value is an empty one, and nil keeps nothing.
type Cache struct {
	mu    sync.Mutex
	facts map[string]facts
	order []string // of the keys, oldest first
}

// keptFacts bounds the packages in a Cache: those of the largest modules, twice.
const keptFacts = 4096

// cacheKey identifies a package and the checks that make facts about it.
func cacheKey(pkg *load.Package, checks []*check.Check) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", pkg.Key)
	for _, c := range checks {
		fmt.Fprintln(h, c.ID)
	}
	return string(h.Sum(nil))
}

func (c *Cache) get(pkg *load.Package, checks []*check.Check, to *facts) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.facts[cacheKey(pkg, checks)]
	if ok {
		*to = f
	}
	return ok
}

func (c *Cache) put(pkg *load.Package, checks []*check.Check, f facts) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey(pkg, checks)
	if _, ok := c.facts[key]; !ok {
		c.order = append(c.order, key)
	}
	if c.facts == nil {
		c.facts = map[string]facts{}
	}
	c.facts[key] = f
	for len(c.order) > keptFacts {
		delete(c.facts, c.order[0])
		c.order = c.order[1:]
	}
}
