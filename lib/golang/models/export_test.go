package models

import "io/fs"

// ReadOwn reads the embedded files anew.
func ReadOwn() error {
	m := empty()
	names, err := fs.Glob(files, "*.models")
	for _, name := range names {
		text, _ := files.ReadFile(name)
		if err := m.read(name, string(text)); err != nil {
			return err
		}
	}
	return err
}
