package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// jwtState is what the structure of a JSON Web Token says.
type jwtState int

const (
	jwtBroken  jwtState = iota // not a token
	jwtExample                 // one of jwt.io's, or made for a test
	jwtReal
)

// readJWT decodes a token's header and claims (RFC 7519, section 3).
func readJWT(token string) jwtState {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return jwtBroken
	}
	var header struct{ Alg, Typ, Enc string }
	if decodeJSON(parts[0], &header) != nil || header.Alg == "" {
		return jwtBroken
	}
	var claims map[string]any
	if header.Enc == "" && decodeJSON(parts[1], &claims) != nil {
		return jwtBroken
	}
	if strings.EqualFold(header.Alg, "none") || claims["name"] == "John Doe" || claims["sub"] == "1234567890" {
		return jwtExample
	}
	return jwtReal
}

func decodeJSON(part string, v any) error {
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return err
	}
	return json.NewDecoder(bytes.NewReader(text)).Decode(v)
}
