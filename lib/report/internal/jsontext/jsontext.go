// Package jsontext writes JSON that is safe to look at: [Write] encodes as
// encoding/json does, and spells out every character that a terminal would obey
// or that hides or reorders text. [Bytes] keeps what JSON cannot hold.
package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Marshal encodes v, indented and with a line end.
func Marshal(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escape(b.Bytes()), nil
}

// Write writes what Marshal gives.
func Write(w io.Writer, v any, indent string) error {
	text, err := Marshal(v, indent)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// escape spells out what is not graphic in an encoded JSON text. Outside of
// strings there is only ASCII, and in strings "\u" means the same.
func escape(encoded []byte) []byte {
	var out []byte
	done := 0 // what is in out
	for i := 0; i < len(encoded); {
		c := encoded[i]
		if c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(encoded[i:])
		if !unicode.IsGraphic(r) {
			out = append(out, encoded[done:i]...)
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return encoded
	}
	return append(out, encoded[done:]...)
}

// Bytes gives the bytes of a text that is not UTF-8, which JSON (in base64)
// would otherwise lose; nil for one that is.
func Bytes(s string) []byte {
	if utf8.ValidString(s) {
		return nil
	}
	return []byte(s)
}
