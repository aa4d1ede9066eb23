package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// The names that gitleaks gives its own files, at the root of a repository.
const (
	GitleaksFile       = ".gitleaks.toml"
	GitleaksIgnoreFile = ".gitleaksignore"
)

// Gitleaks is what a repository has of gitleaks' files. The zero value is none.
type Gitleaks struct {
	// Path is that of its configuration, and Text what it says; "" and nil if it
	// has none.
	Path string
	Text []byte
	// Open reads a file that the configuration extends, by its path from the root.
	Open func(path string) ([]byte, error)
	// Compat asks for what gitleaks would find, no more and no less.
	Compat bool
	// Leaks are what its ignore file and its baseline excuse, with the path of
	// the file that says so.
	Leaks []ignore.Leak

	baseline           string
	configAt, baseLine check.Position
}

// maxGitleaksBytes bounds each of the files: a baseline of 10,000 findings has
// about 10 MB.
const maxGitleaksBytes = 32 << 20

// Read reads the configuration of a tree, and gitleaks' files that it has: the
// defaults if it has none of them. Errors are *Error, or about reading.
func Read(tree fs.FS) (*Config, error) {
	content, err := read(tree, FileName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	c, err := Parse(FileName, content)
	if err != nil {
		return nil, err
	}
	return c, c.ReadGitleaks(tree)
}

// ReadGitleaks reads the files of gitleaks that a tree has, or that the
// configuration names, into c.Gitleaks. Read does so; this is for who has the
// configuration from elsewhere.
func (c *Config) ReadGitleaks(tree fs.FS) error {
	g := &c.Gitleaks
	g.Open = func(path string) ([]byte, error) { return read(tree, path) }
	named := g.Path != ""
	if !named {
		g.Path = GitleaksFile
	}
	var err error
	switch g.Text, err = read(tree, g.Path); {
	case named && err != nil:
		return &Error{Path: c.path, At: g.configAt, Message: fmt.Sprintf("gitleaks' configuration: %v", err)}
	case errors.Is(err, fs.ErrNotExist):
		g.Path = ""
	case err != nil:
		return fmt.Errorf("gitleaks' configuration: %w", err)
	}
	c.source = append(c.source, g.Text...)
	for _, m := range extended.FindAllSubmatch(g.Text, -1) {
		if text, err := read(tree, string(m[1])); err == nil { // what is wrong is said where it is used
			c.source = append(c.source, text...)
		}
	}
	text, err := read(tree, GitleaksIgnoreFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", GitleaksIgnoreFile, err)
	}
	leaks, errs := ignore.ParseGitleaksIgnore(text)
	for _, err := range errs {
		c.notices = append(c.notices, check.Notice{Kind: check.NoticeConfig, Path: GitleaksIgnoreFile, Effect: check.EffectNone, Message: err.Error()})
	}
	g.Leaks = c.from(GitleaksIgnoreFile, text, leaks)
	if g.baseline == "" {
		return nil
	}
	text, err = read(tree, g.baseline)
	if err == nil {
		leaks, err = ignore.ParseGitleaksBaseline(text)
	}
	if err != nil {
		return &Error{Path: c.path, At: g.baseLine, Message: fmt.Sprintf("gitleaks' baseline %s: %v", g.baseline, err)}
	}
	g.Leaks = append(g.Leaks, c.from(g.baseline, text, leaks)...)
	return nil
}

// extended finds the files that a configuration of gitleaks extends.
var extended = regexp.MustCompile(`(?m)^[ \t]*path[ \t]*=[ \t]*["']([\w./-]{1,200}\.toml)["']`)

func (c *Config) from(file string, text []byte, leaks []ignore.Leak) []ignore.Leak {
	c.source = append(c.source, text...)
	for i := range leaks {
		leaks[i].File = file
	}
	return leaks
}

// missing is the path of a file that does not exist.
type missing string

func (m missing) Error() string     { return "the file " + string(m) + " does not exist" }
func (m missing) Is(err error) bool { return err == fs.ErrNotExist }

func read(tree fs.FS, path string) ([]byte, error) {
	if !fs.ValidPath(path) {
		return nil, fmt.Errorf("%q is no path in this repository", path)
	}
	f, err := tree.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(path)
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxGitleaksBytes+1))
	if err == nil && len(text) > maxGitleaksBytes {
		err = fmt.Errorf("%s has over %d MB", path, maxGitleaksBytes>>20)
	}
	return text, err
}

// Source is what the configuration was read from, all files of it: it changes
// whenever what it asks for does. A nil Config has none.
func (c *Config) Source() []byte {
	if c == nil {
		return nil
	}
	return c.source
}

// Notices are what whoever keeps the configuration should know, though it is no
// error.
func (c *Config) Notices() []check.Notice {
	if c == nil {
		return nil
	}
	return c.notices
}
