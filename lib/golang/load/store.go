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
	// strict means that the limit holds during a Load, too: what there is no room
	// for is not kept.
	strict bool

	mu     sync.Mutex
	items  map[K]*item[V]
	weight int
}

type item[V any] struct {
	once       sync.Once
	made       bool
	value      V
	weight     int
	generation int
}

// peek gives the value of a key if it was made.
func (s *store[K, V]) peek(key K, generation int) (value V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.items[key]
	if it == nil || !it.made {
		return value, false
	}
	it.generation = max(it.generation, generation)
	return it.value, true
}

// get gives the value of a key, which make makes with its weight if there is none.
// Different keys do not wait for each other.
func (s *store[K, V]) get(key K, generation int, make func() (V, int)) V {
	return s.getValid(key, generation, func(V) bool { return true }, make)
}

// getValid is get, but makes a new value in place of one that is not valid.
func (s *store[K, V]) getValid(key K, generation int, valid func(V) bool, make func() (V, int)) V {
	s.mu.Lock()
	it := s.items[key]
	if it != nil && it.made && !valid(it.value) {
		s.weight -= it.weight
		it = nil
	}
	if it == nil {
		if s.items == nil {
			s.items = map[K]*item[V]{}
		}
		it = &item[V]{}
		s.items[key] = it
	}
	it.generation = max(it.generation, generation)
	s.mu.Unlock()
	it.once.Do(func() {
		value, weight := make()
		s.mu.Lock()
		defer s.mu.Unlock()
		it.value, it.made = value, true
		if s.items[key] != it {
			return
		}
		it.weight = weight
		s.weight += weight
		if s.strict && s.weight > s.limit {
			s.drop(generation)
			if s.weight > s.limit {
				s.weight -= weight
				delete(s.items, key)
			}
		}
	})
	return it.value
}

// sweep drops the oldest generations before a given one while the limit is exceeded.
func (s *store[K, V]) sweep(before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(before)
}

// drop is sweep for who holds the lock.
func (s *store[K, V]) drop(before int) {
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
