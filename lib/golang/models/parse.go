package models

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func empty() *Models {
	return &Models{
		functions: map[string]*Function{},
		packages:  map[string]bool{},
		fields:    map[string]*Field{},
		writers:   map[string]*Class{},
		types:     map[string]*Class{},
		shapes:    map[string]Set{},
		groups:    map[string]Set{"all": All, "rootless": Rootless, "double-slash": Double},
		readers:   map[string]*Kind{},
	}
}

func (m *Models) clone() *Models {
	return &Models{
		functions: maps.Clone(m.functions),
		packages:  maps.Clone(m.packages),
		fields:    maps.Clone(m.fields),
		writers:   maps.Clone(m.writers),
		types:     maps.Clone(m.types),
		shapes:    maps.Clone(m.shapes),
		classes:   slices.Clone(m.classes),
		kinds:     slices.Clone(m.kinds),
		groups:    maps.Clone(m.groups),
		readers:   maps.Clone(m.readers),
	}
}

// A reader reads one file into models.
type reader struct {
	*Models
	file string
	line int
	pkg  string          // of "package PATH"
	seen map[string]bool // names that this file has said something about
}

func (r *reader) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.file, r.line, fmt.Sprintf(format, args...))
}

func (m *Models) read(file, text string) error {
	r := &reader{Models: m, file: file, seen: map[string]bool{}}
	for line := range strings.Lines(text) {
		r.line++
		line, _, _ = strings.Cut(line, "# ")
		line = strings.TrimSpace(line)
		if line == "" || line == "#" {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		var err error
		switch word {
		case "class":
			err = r.class(rest)
		case "kind":
			err = r.kind(rest)
		case "group":
			err = r.group(rest)
		case "shape":
			err = r.shape(rest)
		case "package":
			if rest == "" || strings.ContainsAny(rest, " :") {
				err = r.errorf("want package PATH, one import path")
			}
			r.pkg = rest
			r.packages[rest] = true
		default:
			err = r.model(line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// class reads `class NAME [local] "TITLE"`.
func (r *reader) class(rest string) error {
	local := false
	if before, after, ok := strings.Cut(rest, " local "); ok {
		local, rest = true, before+" "+after
	}
	name, title, err := r.titled(rest)
	if err != nil {
		return err
	}
	if r.Class(name) != nil {
		return r.errorf("class %s is already there", name)
	}
	if len(r.classes) == maxClasses {
		return r.errorf("more than %d classes", maxClasses)
	}
	r.classes = append(r.classes, &Class{Name: name, Title: title, Bit: 1 << len(r.classes), Local: local})
	return nil
}

// maxClasses leaves the upper bits of a word to Start and to the engine.
const maxClasses = 56

// kind reads `kind NAME [remote] "TITLE"`.
func (r *reader) kind(rest string) error {
	remote := false
	if before, after, ok := strings.Cut(rest, " remote "); ok {
		remote, rest = true, before+" "+after
	}
	name, title, err := r.titled(rest)
	if err != nil {
		return err
	}
	if r.Kind(name) != nil {
		return r.errorf("kind %s is already there", name)
	}
	r.kinds = append(r.kinds, &Kind{Name: name, Title: title, Remote: remote})
	return nil
}

func (r *reader) titled(rest string) (name, title string, err error) {
	name, quoted, _ := strings.Cut(rest, " ")
	title, err = strconv.Unquote(strings.TrimSpace(quoted))
	if err != nil || title == "" || name == "" {
		return "", "", r.errorf(`want NAME "TITLE"`)
	}
	return name, title, nil
}

// group reads `group NAME = CLASS...`.
func (r *reader) group(rest string) error {
	name, list, ok := strings.Cut(rest, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return r.errorf("want group NAME = CLASS...")
	}
	set, err := r.set(strings.Fields(list))
	r.groups[name] = set
	return err
}

// shape reads `shape NAME clears CLASS...`.
func (r *reader) shape(rest string) error {
	words := strings.Fields(rest)
	if len(words) < 3 || words[1] != "clears" {
		return r.errorf("want shape NAME clears CLASS...")
	}
	set, err := r.set(words[2:])
	r.shapes[words[0]] = set
	return err
}

// set reads names of classes and groups; "all but X" is everything but X.
func (r *reader) set(words []string) (Set, error) {
	var set Set
	if len(words) > 2 && words[0] == "all" && words[1] == "but" {
		but, err := r.set(words[2:])
		return All &^ but, err
	}
	if len(words) == 0 {
		return 0, r.errorf("no class named")
	}
	for _, w := range words {
		if g, ok := r.groups[w]; ok {
			set |= g
		} else if c := r.Class(w); c != nil {
			set |= c.Bit
		} else {
			return 0, r.errorf("no class or group %q; the classes are declared in 0-classes.models", w)
		}
	}
	return set, nil
}

// model reads `NAME: CLAUSE; CLAUSE`.
func (r *reader) model(line string) error {
	name, clauses, ok := strings.Cut(line, ": ")
	if !ok {
		return r.errorf("want NAME: CLAUSE; CLAUSE..., or one of class, kind, group, shape, package")
	}
	if r.pkg == "" {
		return r.errorf("a model before the first package PATH")
	}
	name, special := strings.TrimSpace(name), ""
	if word, rest, ok := strings.Cut(name, " "); ok {
		special, name = word, rest
	}
	if r.seen[special+" "+r.pkg+"."+name] {
		return r.errorf("%s is modelled twice", name)
	}
	r.seen[special+" "+r.pkg+"."+name] = true
	switch special {
	case "field", "var":
		return r.field(r.pkg+"."+name, clauses)
	case "reader":
		word, kind, _ := strings.Cut(strings.TrimSpace(clauses), " ")
		if word != "source" || r.Kind(kind) == nil {
			return r.errorf("want reader NAME: source KIND")
		}
		r.readers[r.pkg+"."+name] = r.Kind(kind)
		return nil
	case "writer", "type":
		word, class, _ := strings.Cut(strings.TrimSpace(clauses), " ")
		c := r.Class(class)
		if word != "sink" || c == nil {
			return r.errorf("want %s NAME: sink CLASS", special)
		}
		if special == "writer" {
			r.writers[r.pkg+"."+name] = c
		} else {
			r.types[r.pkg+"."+name] = c
		}
		return nil
	case "func", "":
		return r.function(name, clauses)
	}
	return r.errorf("%q is none of field, var, reader, writer, type", special)
}

// field reads the clauses `source KIND [in FIELD,...] [clears CLASS...]`, `stands CLASS...` and `sink CLASS`.
func (r *reader) field(name, clauses string) error {
	f := &Field{}
	for clause := range strings.SplitSeq(clauses, ";") {
		words := strings.Fields(clause)
		if len(words) < 2 {
			return r.errorf("want source KIND, stands CLASS... or sink CLASS")
		}
		var err error
		switch words[0] {
		case "source":
			f.Kind = r.Kind(words[1])
			if f.Kind == nil {
				return r.errorf("no kind %q", words[1])
			}
			rest := words[2:]
			if len(rest) > 1 && rest[0] == "in" {
				f.Parts, rest = strings.Split(rest[1], ","), rest[2:]
			}
			switch {
			case len(rest) > 1 && rest[0] == "clears":
				f.Clears, err = r.set(rest[1:])
			case len(rest) > 0:
				return r.errorf("want source KIND [in FIELD,...] [clears CLASS...], not %q", rest[0])
			}
		case "stands":
			f.Stands, err = r.set(words[1:])
		case "sink":
			f.Sink = r.Class(words[1])
			if f.Sink == nil {
				return r.errorf("no class %q", words[1])
			}
		default:
			return r.errorf("%q is none of source, stands, sink", words[0])
		}
		if err != nil {
			return err
		}
	}
	r.fields[name] = f
	return nil
}

// function reads the clauses of a function. A name may be several, split by '|':
// (*T).A|B|C.
func (r *reader) function(names, clauses string) error {
	prefix, list := "", names
	if i := strings.LastIndex(names, ")."); i >= 0 {
		prefix, list = names[:i+2], names[i+2:]
	}
	for name := range strings.SplitSeq(list, "|") {
		f := &Function{Name: r.qualified(prefix + name), Format: -1}
		for clause := range strings.SplitSeq(clauses, ";") {
			if err := r.clause(f, strings.TrimSpace(clause)); err != nil {
				return err
			}
		}
		if strings.Contains(list, "|") && name == "" {
			return r.errorf("an empty name in %q", names)
		}
		r.functions[f.Name] = f
	}
	return nil
}

// qualified puts the package into a name: "(*Client).Get" becomes
// "(*net/http.Client).Get".
func (r *reader) qualified(name string) string {
	if inner, ok := strings.CutPrefix(name, "(*"); ok {
		return "(*" + r.pkg + "." + inner
	}
	if inner, ok := strings.CutPrefix(name, "("); ok {
		return "(" + r.pkg + "." + inner
	}
	return r.pkg + "." + name
}

func (r *reader) clause(f *Function, clause string) error {
	words := strings.Fields(clause)
	if len(words) == 0 {
		return r.errorf("an empty clause")
	}
	switch words[0] {
	case "clean":
		return nil
	case "format":
		n, err := strconv.Atoi(strings.Join(words[1:], " "))
		if err != nil || n < 0 {
			return r.errorf("want format N, the number of an argument")
		}
		f.Format = n
		return nil
	case "source":
		return r.source(f, words[1:])
	case "sink":
		return r.sink(f, words[1:])
	case "guard":
		return r.guard(f, words[1:])
	case "stands":
		return r.stands(f, words[1:])
	case "undoes":
		if len(words) == 1 {
			return r.errorf("want undoes FUNCTION...")
		}
		for _, name := range words[1:] {
			f.Undoes = append(f.Undoes, r.qualified(name))
		}
		return nil
	}
	return r.flow(f, words)
}

// source reads `source KIND [ENDPOINTS] [clears CLASS...]`.
func (r *reader) source(f *Function, words []string) error {
	if len(words) == 0 || r.Kind(words[0]) == nil {
		return r.errorf("want source KIND [ENDPOINT,...] [clears CLASS...], and a kind that is declared")
	}
	at, rest := "result", words[1:]
	if len(rest) > 0 && rest[0] != "clears" {
		at, rest = rest[0], rest[1:]
	}
	ends, err := r.endpoints(at)
	if err != nil {
		return err
	}
	var clears Set
	if len(rest) > 0 {
		if rest[0] != "clears" || len(rest) == 1 {
			return r.errorf("want clears CLASS..., not %q", strings.Join(rest, " "))
		}
		if clears, err = r.set(rest[1:]); err != nil {
			return err
		}
	}
	for _, e := range ends {
		f.Sources = append(f.Sources, Source{Kind: r.Kind(words[0]), At: e, Clears: clears})
	}
	return nil
}

// sink reads `sink CLASS ENDPOINTS [if N is|not VALUE,...]`.
func (r *reader) sink(f *Function, words []string) error {
	if len(words) < 2 || r.Class(words[0]) == nil {
		return r.errorf("want sink CLASS ENDPOINT,... and a class that is declared")
	}
	ends, err := r.endpoints(words[1])
	if err != nil {
		return err
	}
	s := Sink{Class: r.Class(words[0])}
	if rest := words[2:]; len(rest) > 0 {
		if len(rest) != 4 || rest[0] != "if" || rest[2] != "is" && rest[2] != "not" {
			return r.errorf("want if N is VALUE,... or if N not VALUE,...")
		}
		if s.IfIndex, err = strconv.Atoi(rest[1]); err != nil {
			return r.errorf("%q is no number of an argument", rest[1])
		}
		s.Not, s.If = rest[2] == "not", strings.Split(rest[3], ",")
	}
	for _, e := range ends {
		s.At = e
		f.Sinks = append(f.Sinks, s)
	}
	return nil
}

// guard reads `guard true|false|ok|notnil ENDPOINTS clears CLASS...`.
func (r *reader) guard(f *Function, words []string) error {
	outcomes := map[string]Outcome{"true": True, "false": False, "ok": OK, "notnil": NotNil}
	if len(words) < 4 || words[2] != "clears" {
		return r.errorf("want guard true|false|ok|notnil ENDPOINT,... clears CLASS...")
	}
	outcome, ok := outcomes[words[0]]
	if !ok {
		return r.errorf("%q is none of true, false, ok, notnil", words[0])
	}
	ends, err := r.endpoints(words[1])
	if err != nil {
		return err
	}
	set, err := r.set(words[3:])
	for _, e := range ends {
		f.Guards = append(f.Guards, Guard{outcome, e, set})
	}
	return err
}

// stands reads `stands ENDPOINTS for CLASS...`.
func (r *reader) stands(f *Function, words []string) error {
	if len(words) < 3 || words[1] != "for" {
		return r.errorf("want stands ENDPOINT,... for CLASS...")
	}
	ends, err := r.endpoints(words[0])
	if err != nil {
		return err
	}
	set, err := r.set(words[2:])
	for _, e := range ends {
		f.Stands = append(f.Stands, Stand{e, set})
	}
	return err
}

// flow reads `ENDPOINTS -> ENDPOINTS [clears CLASS...]`, or => for the same.
func (r *reader) flow(f *Function, words []string) error {
	if len(words) < 3 || words[1] != "->" && words[1] != "=>" {
		return r.errorf("want ENDPOINT,... -> ENDPOINT,..., or one of clean, format, source, sink, guard, stands, undoes")
	}
	from, err := r.endpoints(words[0])
	if err != nil {
		return err
	}
	to, err := r.endpoints(words[2])
	if err != nil {
		return err
	}
	var clears Set
	if rest := words[3:]; len(rest) > 0 {
		if rest[0] != "clears" {
			return r.errorf("want clears CLASS..., not %q", rest[0])
		}
		if clears, err = r.set(rest[1:]); err != nil {
			return err
		}
	}
	for _, a := range from {
		for _, b := range to {
			f.Flows = append(f.Flows, Flow{From: a, To: b, Same: words[1] == "=>", Clears: clears})
		}
	}
	return nil
}

// endpoints reads ENDPOINT,ENDPOINT: recv, result, result1, 0, 1..., each with a
// path (.Field, [], {}, *) or, for functions, the number of a parameter: 1(0).
func (r *reader) endpoints(list string) ([]Endpoint, error) {
	var ends []Endpoint
	for word := range strings.SplitSeq(list, ",") {
		e := Endpoint{Call: -1}
		base := word
		if i := strings.IndexAny(word, "[{(*"); i >= 0 {
			base = word[:i]
		}
		if i := strings.Index(base, "."); i >= 0 && !strings.HasSuffix(base, "...") {
			base = base[:i]
		}
		rest := word[len(base):]
		digits, variadic := strings.CutSuffix(base, "...")
		e.Rest = variadic
		switch {
		case base == "recv":
			e.Where = Receiver
		case base == "result":
			e.Where = Result
		case strings.HasPrefix(base, "result"):
			e.Where, digits = Result, base[len("result"):]
			fallthrough
		default:
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 {
				return nil, r.errorf("%q is no value of a call; want recv, result, result1, 0, 1...", word)
			}
			e.Index = n
		}
		for rest != "" {
			switch {
			case strings.HasPrefix(rest, "[]"), strings.HasPrefix(rest, "{}"):
				e.Path, rest = append(e.Path, rest[:2]), rest[2:]
			case rest[0] == '*':
				e.Path, rest = append(e.Path, "*"), rest[1:]
			case rest[0] == '.':
				end := strings.IndexAny(rest[1:], ".[{(*") + 1
				if end == 0 {
					end = len(rest)
				}
				e.Path, rest = append(e.Path, rest[1:end]), rest[end:]
			case rest[0] == '(' && strings.HasSuffix(rest, ")"):
				n, err := strconv.Atoi(rest[1 : len(rest)-1])
				if err != nil || n < 0 {
					return nil, r.errorf("%q: want the number of a parameter in parentheses", word)
				}
				e.Call, rest = n, ""
			default:
				return nil, r.errorf("%q: %q is no path; want .Field, [], {} or *", word, rest)
			}
		}
		if len(e.Path) > 3 {
			return nil, r.errorf("%q: the path is deeper than 3", word)
		}
		ends = append(ends, e)
	}
	return ends, nil
}
