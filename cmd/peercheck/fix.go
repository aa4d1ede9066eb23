package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/text"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

func (p *program) fixCommand() *cobra.Command {
	var f scanFlags
	var unsafe, dryRun bool
	cmd := &cobra.Command{
		Use:   "fix [PATH...]",
		Short: "Apply the fixes of findings to files",
		Long: `Apply the fixes of findings to the files in the work tree. Only fixes that keep the
behaviour of correct programs are applied, unless --unsafe asks for the others too;
look at those before you commit them. Nothing is staged.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.fix(cmd.Context(), f, args, unsafe, dryRun)
		},
	}
	cmd.Flags().BoolVar(&unsafe, "unsafe", false, "apply the fixes that change behaviour too")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be fixed, and change nothing")
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "apply fixes of these checks only, by `ID` or domain")
	return cmd
}

func (p *program) fix(ctx context.Context, f scanFlags, paths []string, unsafe, dryRun bool) error {
	dir, rel, err := p.locate(ctx, paths)
	if err != nil {
		return err
	}
	judged, err := p.judge(ctx, f, dir, rel)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	fixed, left, failed := 0, 0, 0
	files := map[string]*fixedFile{}
	for finding := range judged.report.Active() {
		if len(finding.Fixes) == 0 {
			continue
		}
		fix := finding.Fixes[0]
		where := text.Escape(fmt.Sprintf("%s:%s", finding.Location.Path, finding.Location.Start))
		if !fix.Safe && !unsafe {
			left++
			continue
		}
		if err := choose(root, files, fix); err != nil {
			failed++
			fmt.Fprintf(p.err, "%s: %s: not applied: %v\n", where, finding.CheckID, err)
			continue
		}
		fixed++
		fmt.Fprintf(p.out, "%s: %s: %s\n", where, finding.CheckID, fix.Title)
	}
	var names []string
	for name, file := range files {
		if len(file.edits) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if !dryRun {
		for _, name := range names {
			if err := files[name].write(root, name); err != nil {
				return fmt.Errorf("%s: %w; the files before it in the list are written", name, err)
			}
		}
	}
	verb := "fixed"
	if dryRun {
		verb = "would be fixed"
	}
	fmt.Fprintf(p.out, "%d %s in %s", fixed, verb, count(len(names), "file"))
	if left > 0 {
		fmt.Fprintf(p.out, "; %s left (`--unsafe` applies fixes that change behaviour)", count(left, "fix"))
	}
	fmt.Fprintln(p.out)
	for _, n := range judged.report.Notices {
		if n.Effect == check.EffectNotJudged {
			fmt.Fprintf(p.err, "not judged: %s\n", text.Escape(n.String()))
		}
	}
	switch {
	case len(judged.gate.Judge(judged.report).NotJudged) > 0:
		return exitCode(triage.ExitError)
	case failed > 0:
		return exitCode(triage.ExitFindings)
	}
	return nil
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "x"):
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// A fixedFile is a file as it was judged, and what is to be changed in it.
type fixedFile struct {
	content []byte
	mode    os.FileMode
	edits   []check.Edit
}

// choose adds a fix to what is to be changed, if it goes with those chosen so far.
func choose(root *os.Root, files map[string]*fixedFile, fix check.Fix) error {
	byFile := map[string][]check.Edit{}
	for _, e := range fix.Edits {
		byFile[e.Path] = append(byFile[e.Path], e)
	}
	for name, edits := range byFile {
		file, ok := files[name]
		if !ok {
			var err error
			if file, err = readForFix(root, name); err != nil {
				return err
			}
			files[name] = file
		}
		if _, err := check.Apply(file.content, append(slices.Clone(file.edits), edits...)); errors.Is(err, check.ErrOverlap) {
			return errors.New("it touches the same text as another fix; run `peercheck fix` again")
		} else if err != nil {
			return err
		}
	}
	for name, edits := range byFile {
		files[name].edits = append(files[name].edits, edits...)
	}
	return nil
}

func readForFix(root *os.Root, name string) (*fixedFile, error) {
	path := filepath.FromSlash(name)
	info, err := root.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return &fixedFile{mode: 0o644}, nil // a fix may make a file
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, source.ErrNotRegular
	}
	content, err := root.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if d := source.NewDocument(name, content, check.Revision{}); !bytes.Equal(d.Content, content) {
		return nil, fmt.Errorf("the file is %s, which fixes are not written in", d.Encoding)
	}
	return &fixedFile{content: content, mode: info.Mode().Perm()}, nil
}

// write puts the new text beside the file and renames it into place, so that
// nobody ever sees half of it.
func (f *fixedFile) write(root *os.Root, name string) error {
	text, err := check.Apply(f.content, f.edits)
	if err != nil {
		return err
	}
	path := filepath.FromSlash(name)
	temporary := filepath.Join(filepath.Dir(path), ".peercheck-fix-"+filepath.Base(path))
	out, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	if err = errors.Join(err, out.Close()); err == nil {
		err = root.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temporary))
	}
	return nil
}
