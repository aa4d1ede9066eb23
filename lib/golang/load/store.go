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
	// states is how many values of one place are kept at most, besides those that
	// the last Load used; 0 means as many as there is room for.
	states int

	mu     sync.Mutex
	items  map[K]*item[V]
	weight int
	grown  map[string]bool // places that have got a value since the last sweep
}

type item[V any] struct {
	once       sync.Once
	place      string
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
// Its place is what it is a state of, such as the path of a file. Different keys do
// not wait for each other.
func (s *store[K, V]) get(key K, place string, generation int, make func() (V, int)) V {
	return s.getValid(key, place, generation, func(V) bool { return true }, make)
}

// getValid is get, but makes a new value instead of one that is not valid.
func (s *store[K, V]) getValid(key K, place string, generation int, valid func(V) bool, make func() (V, int)) V {
	s.mu.Lock()
	it := s.items[key]
	if it != nil && it.made && !valid(it.value) {
		s.weight -= it.weight
		it = nil
	}
	if it == nil {
		if s.items == nil {
			s.items, s.grown = map[K]*item[V]{}, map[string]bool{}
		}
		it = &item[V]{place: place}
		s.items[key] = it
		s.grown[place] = true
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

// sweep drops, of what was last used before a generation, the states of a place
// that are too many, and then the oldest generations while the limit is exceeded.
func (s *store[K, V]) sweep(before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.supersede(before)
	s.drop(before)
}

// supersede drops the oldest states of the places that have grown.
func (s *store[K, V]) supersede(before int) {
	if s.states > 0 && len(s.grown) > 0 {
		byPlace := map[string][]K{}
		for key, it := range s.items {
			if s.grown[it.place] {
				byPlace[it.place] = append(byPlace[it.place], key)
			}
		}
		for _, keys := range byPlace {
			slices.SortFunc(keys, func(a, b K) int { return s.items[b].generation - s.items[a].generation })
			for _, key := range keys[min(len(keys), s.states):] {
				if it := s.items[key]; it.generation < before {
					s.weight -= it.weight
					delete(s.items, key)
				}
			}
		}
	}
	clear(s.grown)
}

// drop drops the oldest generations before a given one while the limit is exceeded.
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
	clear(s.grown)
	s.weight = 0
}
