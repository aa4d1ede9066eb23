package load

import (
	"maps"
	"slices"
	"sync"
)

// A store keeps values between calls of Load, and drops those that were not used
// for longest once their weights exceed a limit. Each Load is a generation. A
// generation is dropped as a whole: a Load that uses a type-checked package also
// uses all that it imports, so no package outlives what its types refer to.
type store[K comparable, V any] struct {
	limit int

	mu     sync.Mutex
	items  map[K]*item[V]
	weight int
}

type item[V any] struct {
	value      V
	weight     int
	generation int
}

// get gives the value of a key, which make makes with its weight if there is none.
func (s *store[K, V]) get(key K, generation int, make func() (V, int)) V {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.items[key]
	if it == nil {
		if s.items == nil {
			s.items = map[K]*item[V]{}
		}
		it = &item[V]{}
		it.value, it.weight = make()
		s.items[key] = it
		s.weight += it.weight
	}
	it.generation = max(it.generation, generation)
	return it.value
}

// sweep drops the oldest generations before a given one while the limit is exceeded.
func (s *store[K, V]) sweep(before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.weight <= s.limit {
		return
	}
	weights := map[int]int{}
	for _, it := range s.items {
		weights[it.generation] += it.weight
	}
	last, excess := -1, s.weight-s.limit
	for _, g := range slices.Sorted(maps.Keys(weights)) {
		if g >= before || excess <= 0 {
			break
		}
		last, excess = g, excess-weights[g]
	}
	maps.DeleteFunc(s.items, func(_ K, it *item[V]) bool {
		if it.generation > last {
			return false
		}
		s.weight -= it.weight
		return true
	})
}

// clear drops everything.
func (s *store[K, V]) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.items)
	s.weight = 0
}
