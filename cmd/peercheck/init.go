package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/report/text"
)

func (p *program) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init", Short: "Write a commented " + config.FileName + " to the repository's root", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, _, err := p.locate(cmd.Context(), nil)
			if err != nil {
				return err
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				return err
			}
			defer root.Close()
			f, err := root.OpenFile(config.FileName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s is there already; it stays as it is", config.FileName)
			}
			if err != nil {
				return err
			}
			_, err = f.WriteString(config.Default)
			if err = errors.Join(err, f.Close()); err != nil {
				return err
			}
			fmt.Fprintf(p.out, "wrote %s in %s; every key in it is explained and commented out\nnext: `peercheck hook install` has every commit judged\n", config.FileName, text.Escape(dir))
			return nil
		},
	}
}
