package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
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

// base62 is the alphabet of the checksums of GitHub and npm.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// checksummed reports whether a token of GitHub or npm, "ghp_" and 36
// characters, ends in the checksum of the 30 before: their CRC-32 in base 62
// (github.blog, "Behind GitHub's new authentication token formats"). A random
// string does so once in 4,000 million.
func checksummed(token string) bool {
	_, body, ok := strings.Cut(token, "_")
	if !ok || len(body) != 36 {
		return false
	}
	sum := crc32.ChecksumIEEE([]byte(body[:30]))
	digits := make([]byte, 6)
	for i := 5; i >= 0; i-- {
		digits[i] = base62[sum%62]
		sum /= 62
	}
	return string(digits) == body[30:]
}
