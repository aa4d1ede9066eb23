package lsp

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/triage"
)

// completion offers IDs of checks in ignore comments, and keys and values in the
// configuration.
func (s *server) completion(p *protocol.CompletionParams) (call, error) {
	b, _, err := s.jobOf(p.TextDocument.URI)
	if err != nil || b == nil {
		return func(context.Context) (any, error) { return nil, nil }, err
	}
	s.mu.Lock()
	d, at, encoding := b.doc, b.place, s.can.encoding
	s.mu.Unlock()
	return func(context.Context) (any, error) {
		offset := encoding.positionOffset(d, int(p.Position.Line), int(p.Position.Character))
		items := s.inIgnore(d, offset)
		if at.path == config.FileName {
			items = s.inConfig(d, offset)
		}
		list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
		for _, i := range items {
			list.Items = append(list.Items, i.lsp(d, encoding, offset))
		}
		return list, nil
	}, nil
}

// A suggestion is one word that fits at the cursor, in place of what stands
// between from and the cursor.
type suggestion struct {
	text, detail, page string
	from               int
	kind               protocol.CompletionItemKind
}

func (i suggestion) lsp(d *check.Document, e encoding, cursor int) protocol.CompletionItem {
	item := protocol.CompletionItem{
		Label: i.text, Kind: i.kind,
		TextEdit: &protocol.TextEdit{Range: e.protocolRange(d, check.Range{Start: i.from, End: cursor}), NewText: i.text},
	}
	if i.detail != "" {
		item.Detail = protocol.NewOptional(i.detail)
	}
	if i.page != "" {
		item.Documentation = &protocol.MarkupContent{Kind: protocol.MarkupKindMarkdown, Value: i.page}
	}
	return item
}

// ignoreIDs is the part of an ignore comment in which IDs stand, up to the cursor.
var ignoreIDs = regexp.MustCompile(`peercheck:ignore(?:-start|-end)?[ \t]+(?:[^ \t,=]+,[ \t]*)*([a-z0-9/*-]*)$`)

func (s *server) inIgnore(d *check.Document, offset int) []suggestion {
	line, err := d.LineRange(d.OffsetPosition(offset).Line)
	if err != nil || offset > line.End {
		return nil
	}
	before := d.Content[line.Start:offset]
	m := ignoreIDs.FindSubmatchIndex(before)
	if m == nil {
		return nil
	}
	// What finds something in this document comes first: it is what is ignored.
	s.mu.Lock()
	found := map[string]bool{}
	for _, b := range s.buffers {
		if b.doc == d {
			for _, f := range b.last.findings {
				found[f.CheckID] = true
			}
		}
	}
	s.mu.Unlock()
	items := s.checkIDs(line.Start+m[2], false)
	slices.SortStableFunc(items, func(a, b suggestion) int {
		return -cmp.Compare(btoi(found[a.text]), btoi(found[b.text]))
	})
	return items
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkIDs suggests checks: for the configuration all, and their domains; for an
// ignore comment those that are not about ignore comments.
func (s *server) checkIDs(from int, domains bool) []suggestion {
	var items []suggestion
	last := ""
	for _, c := range s.sortedChecks() {
		if c.Domain() == triage.Domain && !domains {
			continue
		}
		if domains && c.Domain() != last {
			last = c.Domain()
			items = append(items, suggestion{text: last + "/*", detail: "all checks of " + last, from: from, kind: protocol.CompletionItemKindModule})
		}
		items = append(items, suggestion{text: c.ID, detail: c.Title, page: c.Markdown(), from: from, kind: protocol.CompletionItemKindEnumMember})
	}
	return items
}

// A schema is the part of a JSON schema that completion needs.
type schema struct {
	Description          string
	Type                 any
	Enum                 []string
	Properties           map[string]*schema
	AdditionalProperties json.RawMessage
	PropertyNames        json.RawMessage
}

// configSchema is the configuration's own.
var configSchema = sync.OnceValue(func() *schema {
	s := &schema{}
	if err := json.Unmarshal([]byte(config.Schema), s); err != nil {
		return &schema{}
	}
	return s
})

var (
	configKey   = regexp.MustCompile(`^([ \t]*)([\w/*-]*)$`)
	configValue = regexp.MustCompile(`^([ \t]*)"?([\w/*-]+)"?:[ \t]+([\w-]*)$`)
	configTop   = regexp.MustCompile(`^([\w-]+):`)
)

// inConfig suggests what fits at the cursor: by the schema of the key that it
// stands under.
func (s *server) inConfig(d *check.Document, offset int) []suggestion {
	position := d.OffsetPosition(offset)
	line, err := d.LineRange(position.Line)
	if err != nil || offset > line.End {
		return nil
	}
	before := string(d.Content[line.Start:offset])
	if m := configKey.FindStringSubmatch(before); m != nil {
		from := line.Start + len(m[1])
		if m[1] == "" {
			return keysOf(configSchema(), from)
		}
		switch under := configSchema().Properties[topKey(d, position.Line)]; {
		case under == nil:
			return nil
		case under.PropertyNames != nil:
			return s.checkIDs(from, true) // a map by check
		}
		return keysOf(configSchema().Properties[topKey(d, position.Line)], from)
	}
	m := configValue.FindStringSubmatchIndex(before)
	if m == nil {
		return nil
	}
	key, from := before[m[4]:m[5]], line.Start+m[6]
	if m[2] == m[3] {
		return valuesOf(configSchema().Properties[key], from)
	}
	if under := configSchema().Properties[topKey(d, position.Line)]; under != nil {
		if under.Properties != nil {
			return valuesOf(under.Properties[key], from)
		}
		value := &schema{}
		if json.Unmarshal(under.AdditionalProperties, value) == nil {
			return valuesOf(value, from)
		}
	}
	return nil
}

// topKey is the key without indentation above a line.
func topKey(d *check.Document, line int) string {
	for line--; line > 0; line-- {
		if r, err := d.LineRange(line); err == nil {
			if m := configTop.FindStringSubmatch(d.Text(r)); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

func keysOf(s *schema, from int) []suggestion {
	var items []suggestion
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		items = append(items, suggestion{text: key, detail: s.Properties[key].Description, from: from, kind: protocol.CompletionItemKindProperty})
	}
	return items
}

func valuesOf(s *schema, from int) []suggestion {
	if s == nil {
		return nil
	}
	words := s.Enum
	if s.Type == "boolean" {
		words = []string{"true", "false"}
	}
	var items []suggestion
	for _, word := range words {
		items = append(items, suggestion{text: word, from: from, kind: protocol.CompletionItemKindValue})
	}
	return items
}
