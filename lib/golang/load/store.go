package load

import (
	"maps"
	"slices"
	"sync"
)

// A store keeps values between calls of Load, and drops those that were not used
// for longest once their weights exceed a limit. Each Load is a generation.
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
	return s.getValid(key, generation, func(V) bool { return true }, make)
}

// getValid is get, but makes a new value in place of one that is not valid.
func (s *store[K, V]) getValid(key K, generation int, valid func(V) bool, make func() (V, int)) V {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.items[key]
	if it != nil && !valid(it.value) {
		s.weight -= it.weight
		it = nil
	}
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

// remove drops the value of a key.
func (s *store[K, V]) remove(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[key]; it != nil {
		s.weight -= it.weight
		delete(s.items, key)
	}
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
