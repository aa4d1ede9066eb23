package index

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// link reads the extension of a split index: the name of the shared file, and
// which of its entries are deleted and which are replaced.
func (x *Index) link(data []byte) error {
	if len(data) < x.hash {
		return failed("its link to a shared index is damaged")
	}
	x.Shared = "sharedindex." + hex.EncodeToString(data[:x.hash])
	data = data[x.hash:]
	if len(data) == 0 {
		return nil
	}
	var err error
	if x.deleted, data, err = bitmap(data); err != nil {
		return err
	}
	x.changed, _, err = bitmap(data)
	return err
}

// maxWords bounds a bitmap: 64 million entries, far more than any repository has.
const maxWords = 1 << 20

// bitmap expands an EWAH bitmap: groups of a marker word, which says how many
// words are all zeros or all ones and how many literal words follow
// (gitformat-bitmap(5), appendix A).
func bitmap(data []byte) (words []uint64, rest []byte, err error) {
	if len(data) < 8 {
		return nil, nil, failed("a bitmap is damaged")
	}
	n := int64(binary.BigEndian.Uint32(data[4:]))
	data = data[8:]
	if int64(len(data)) < 8*n+4 {
		return nil, nil, failed("a bitmap is damaged")
	}
	word := func(i int64) uint64 { return binary.BigEndian.Uint64(data[8*i:]) }
	for i := int64(0); i < n; {
		marker := word(i)
		i++
		fill := uint64(0)
		if marker&1 != 0 {
			fill = ^uint64(0)
		}
		running, literal := int64(marker>>1&(1<<32-1)), int64(marker>>33)
		if running+literal+int64(len(words)) > maxWords || literal > n-i {
			return nil, nil, failed("a bitmap is damaged")
		}
		for range running {
			words = append(words, fill)
		}
		for range literal {
			words = append(words, word(i))
			i++
		}
	}
	return words, data[8*n+4:], nil
}

func isSet(words []uint64, i int) bool {
	return i/64 < len(words) && words[i/64]>>(i%64)&1 != 0
}

// beyond reports whether a bitmap names an entry that is not there.
func beyond(words []uint64, n int) bool {
	for i, w := range words {
		for bit := range 64 {
			if w>>bit&1 != 0 && i*64+bit >= n {
				return true
			}
		}
	}
	return false
}

// Join puts a split index together with the shared one, which Shared names.
func (x *Index) Join(shared *Index) (*Index, error) {
	if beyond(x.deleted, len(shared.Entries)) || beyond(x.changed, len(shared.Entries)) {
		return nil, failed("it is split from another shared index")
	}
	out := &Index{Tree: x.Tree, hash: x.hash}
	own := x.Entries
	for i, e := range shared.Entries {
		if isSet(x.changed, i) {
			if len(own) == 0 || own[0].Path != "" {
				return nil, failed("an entry that replaces a shared one is missing")
			}
			path := e.Path
			e, own = own[0], own[1:]
			e.Path = path
		}
		if !isSet(x.deleted, i) {
			out.Entries = append(out.Entries, e)
		}
	}
	out.Entries = append(out.Entries, own...)
	slices.SortStableFunc(out.Entries, func(a, b Entry) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return a.Stage - b.Stage
	})
	return out, nil
}
