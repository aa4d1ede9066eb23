// Package dockerfile parses Dockerfiles and keeps the byte range of each word.
//
// Start with [Parse], which gives a [File] of [Instruction] values; Stages
// groups them. It never fails: a line that is no instruction is one with an
// unknown name. The grammar is that of docs.docker.com/reference/dockerfile:
// parser directives, comments, continuation lines, flags, the JSON form and
// here-documents.
package dockerfile

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// A File is a parsed Dockerfile.
type File struct {
	// Escape is the escape character, a backslash or a backtick.
	Escape byte
	// Instructions are in order.
	Instructions []Instruction
}

// An Instruction is one instruction with its continuation lines and
// here-documents.
type Instruction struct {
	// Name is in upper case: "COPY". That of an ONBUILD trigger is the trigger's
	// own, with OnBuild set.
	Name    string
	OnBuild bool
	// Range is from the first byte of the instruction to the last one of its
	// last line, the line end excluded.
	Range check.Range
	// Flags are the words like --from=builder that come first; Words the rest.
	Flags, Words []Word
	// JSON says that the words come from the JSON form.
	JSON bool
	// Heredocs are the bodies of here-documents, in order.
	Heredocs []Heredoc
}

// A Word is one argument. Text is without escapes and continuation; for the
// JSON form and for flags it is the value as it is meant. Quotes stay.
type Word struct {
	Text  string
	Range check.Range
}

// A Heredoc is the body of a here-document, its end marker excluded.
type Heredoc struct {
	Name string
	Body check.Range
}

// Flag gives the value of a flag such as "from"; "" if it is not set.
func (i *Instruction) Flag(name string) string {
	for _, f := range i.Flags {
		if v, ok := strings.CutPrefix(f.Text, "--"+name+"="); ok {
			return v
		}
	}
	return ""
}

type key struct{}

// Parse gives the instructions of a document. The result is computed once a
// document and shared; do not change it.
func Parse(d *check.Document) *File {
	return check.Memo(d, key{}, func() *File {
		p := &parser{text: d.Content, file: &File{Escape: '\\'}}
		p.parse()
		return p.file
	})
}

type parser struct {
	text []byte
	pos  int
	file *File
}

// line gives the next line without its end, and moves behind it.
func (p *parser) line() check.Range {
	r := check.Range{Start: p.pos, End: len(p.text)}
	if i := bytes.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
		r.End = p.pos + i
		p.pos = r.End + 1
	} else {
		p.pos = len(p.text)
	}
	if r.End > r.Start && p.text[r.End-1] == '\r' {
		r.End--
	}
	return r
}

func (p *parser) parse() {
	p.pos = len(p.text) - len(bytes.TrimPrefix(p.text, []byte("\ufeff")))
	directives := true
	for p.pos < len(p.text) {
		r := p.line()
		content := bytes.TrimSpace(p.text[r.Start:r.End])
		if directives {
			directives = p.directive(content)
		}
		if len(content) > 0 && content[0] != '#' {
			p.instruction(r)
		}
	}
}

// directive reads a parser directive such as "# escape=`". They only count
// before anything else.
func (p *parser) directive(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("#"))
	name, value, found := strings.Cut(string(rest), "=")
	if !ok || !found || strings.ContainsAny(strings.TrimSpace(name), " \t") {
		return false
	}
	if strings.EqualFold(strings.TrimSpace(name), "escape") && strings.TrimSpace(value) == "`" {
		p.file.Escape = '`'
	}
	return true
}

// comment reports whether a line holds nothing but white space or a comment.
func comment(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#'
}

// A logical line is the text of an instruction without continuations, and
// where each byte comes from.
type logical struct {
	text []byte
	from []int
}

func (l *logical) add(text []byte, r check.Range) {
	l.text = append(l.text, text[r.Start:r.End]...)
	for i := r.Start; i < r.End; i++ {
		l.from = append(l.from, i)
	}
}

// rangeOf maps a range of the logical line, which is not empty, to the document.
func (l *logical) rangeOf(start, end int) check.Range {
	return check.Range{Start: l.from[start], End: l.from[end-1] + 1}
}

func (p *parser) instruction(first check.Range) {
	var l logical
	for r := first; ; r = p.line() {
		if r != first { // comments and empty lines may stand between
			for comment(p.text[r.Start:r.End]) && p.pos < len(p.text) {
				r = p.line()
			}
			if comment(p.text[r.Start:r.End]) {
				break
			}
		}
		body := bytes.TrimRight(p.text[r.Start:r.End], " \t")
		if len(body) == 0 || body[len(body)-1] != p.file.Escape {
			l.add(p.text, r)
			break
		}
		l.add(p.text, check.Range{Start: r.Start, End: r.Start + len(body) - 1})
		if p.pos >= len(p.text) {
			break
		}
	}
	in := Instruction{}
	words := fields(&l, 0)
	if len(words) == 0 {
		return
	}
	in.Name = strings.ToUpper(words[0].Text)
	in.Range = check.Range{Start: words[0].Range.Start, End: words[len(words)-1].Range.End}
	words = words[1:]
	if in.Name == "ONBUILD" && len(words) > 0 {
		in.Name, in.OnBuild = strings.ToUpper(words[0].Text), true
		words = words[1:]
	}
	for len(words) > 0 && strings.HasPrefix(words[0].Text, "--") && hasFlags[in.Name] {
		in.Flags = append(in.Flags, words[0])
		words = words[1:]
	}
	in.Words = words
	if len(words) > 0 {
		p.jsonForm(&in, &l, words)
	}
	if in.Name == "RUN" || in.Name == "COPY" || in.Name == "ADD" {
		p.heredocs(&in, words)
	}
	p.file.Instructions = append(p.file.Instructions, in)
}

var hasFlags = map[string]bool{"FROM": true, "COPY": true, "ADD": true, "RUN": true, "HEALTHCHECK": true}

// fields splits a logical line at white space.
func fields(l *logical, start int) []Word {
	var words []Word
	for i := start; i < len(l.text); {
		if isSpace(l.text[i]) {
			i++
			continue
		}
		j := i
		for j < len(l.text) && !isSpace(l.text[j]) {
			j++
		}
		words = append(words, Word{Text: string(l.text[i:j]), Range: l.rangeOf(i, j)})
		i = j
	}
	return words
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'
}

// jsonForm replaces the words by the strings of a JSON array, if it is one.
func (p *parser) jsonForm(in *Instruction, l *logical, words []Word) {
	if !strings.HasPrefix(words[0].Text, "[") {
		return
	}
	start := 0
	for start < len(l.from) && l.from[start] < words[0].Range.Start {
		start++
	}
	text := l.text[start:]
	var values []string
	if json.Unmarshal(text, &values) != nil {
		return
	}
	in.JSON, in.Words = true, nil
	i := 0
	for _, v := range values {
		// Each string literal in turn; the array is known to be well formed.
		i += bytes.IndexByte(text[i:], '"')
		j := i + 1
		for text[j] != '"' {
			if text[j] == '\\' {
				j++
			}
			j++
		}
		in.Words = append(in.Words, Word{Text: v, Range: l.rangeOf(start+i, start+j+1)})
		i = j + 1
	}
}

// heredocs reads the bodies that the words announce: <<EOF, <<-EOF, <<"EOF".
func (p *parser) heredocs(in *Instruction, words []Word) {
	for _, w := range words {
		i := strings.Index(w.Text, "<<")
		if i < 0 || strings.Trim(w.Text[:i], "0123456789") != "" {
			continue
		}
		name, tabs := strings.CutPrefix(w.Text[i+2:], "-")
		name = strings.Trim(name, `"'`)
		if name == "" || strings.ContainsAny(name, `<>&|;()"'$`) {
			continue
		}
		h := Heredoc{Name: name, Body: check.Range{Start: p.pos, End: p.pos}}
		for p.pos < len(p.text) {
			r := p.line()
			line := p.text[r.Start:r.End]
			if tabs {
				line = bytes.TrimLeft(line, "\t")
			}
			in.Range.End = max(in.Range.End, r.End)
			if string(line) == name {
				break
			}
			h.Body.End = p.pos
		}
		in.Heredocs = append(in.Heredocs, h)
	}
}

// A Stage is one FROM and what follows it.
type Stage struct {
	// From is the FROM instruction; Base the image or stage that it names.
	From *Instruction
	Base string
	// Name is what AS calls the stage, in lower case; "" if nothing.
	Name string
	// Instructions are those after From.
	Instructions []*Instruction
}

// Stages gives the stages in order. What stands before the first FROM is in none.
func (f *File) Stages() []Stage {
	var stages []Stage
	for i := range f.Instructions {
		in := &f.Instructions[i]
		if in.Name != "FROM" {
			if n := len(stages); n > 0 {
				stages[n-1].Instructions = append(stages[n-1].Instructions, in)
			}
			continue
		}
		s := Stage{From: in}
		if len(in.Words) > 0 {
			s.Base = in.Words[0].Text
		}
		if len(in.Words) > 2 && strings.EqualFold(in.Words[1].Text, "AS") {
			s.Name = strings.ToLower(in.Words[2].Text)
		}
		stages = append(stages, s)
	}
	return stages
}

// Workdir resolves a path of the image against the WORKDIR instructions of a
// stage before an instruction. Where the base image's own folder counts, it is
// taken to be "/".
func (s *Stage) Workdir(before *Instruction, to string) string {
	dir := "/"
	for _, in := range s.Instructions {
		if in == before {
			break
		}
		if in.Name == "WORKDIR" && len(in.Words) > 0 {
			dir = join(dir, in.Words[0].Text)
		}
	}
	return join(dir, to)
}

func join(dir, to string) string {
	to = strings.Trim(to, `"'`)
	if strings.HasPrefix(to, "/") {
		return path.Clean(to)
	}
	return path.Join(dir, to)
}
