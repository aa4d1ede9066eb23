package secrets

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"math/big"
	"strings"
)

// base62 is the alphabet of the checksums of GitHub and npm.
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// proven reports whether a token ends in the checksum that its form has, as a
// random string does once in a million times at most. No other form has one that
// can be checked without a service.
func proven(rule, token string) bool {
	switch rule {
	case "nostr-private-key", "age-secret-key":
		return bech32(token)
	case "nats-seed":
		return nkey(token)
	case "extended-private-key":
		return base58Check(token)
	}
	return checksummed(token)
}

// hasChecksum are the kinds all of whose tokens end in one.
var hasChecksum = set("github-pat github-oauth npm-access-token")

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

// noTokenOf reports whether a value has the prefix and the length of a token of GitHub or npm that ends in a checksum in base 62, and
// other characters: neither gave it to anybody. Those of GitHub's installations ("ghs_") have other forms too.
func noTokenOf(value string) bool {
	prefix, body, _ := strings.Cut(value, "_")
	switch prefix {
	case "ghp", "gho", "ghu", "npm":
		return len(body) == 36 && strings.Trim(body, base62) != ""
	}
	return false
}

// bech32 reports whether a text is in Bech32 with a valid checksum (BIP-173).
func bech32(text string) bool {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	text = strings.ToLower(text)
	one := strings.LastIndexByte(text, '1')
	if one < 1 || len(text)-one < 7 {
		return false
	}
	sum := uint32(1)
	add := func(v byte) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for i := range one {
		add(text[i] >> 5)
	}
	add(0)
	for i := range one {
		add(text[i] & 31)
	}
	for i := one + 1; i < len(text); i++ {
		v := strings.IndexByte(alphabet, text[i])
		if v < 0 {
			return false
		}
		add(byte(v))
	}
	return sum == 1
}

// nkey reports whether a text is a key of NATS in base 32, which ends in the
// CRC-16 of what is before (github.com/nats-io/nkeys, XMODEM).
func nkey(text string) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil || len(raw) < 4 {
		return false
	}
	body, sum := raw[:len(raw)-2], uint16(0)
	for _, b := range body {
		sum ^= uint16(b) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return binary.LittleEndian.Uint16(raw[len(body):]) == sum
}

// base58Check reports whether a text is in base 58 and ends in the first four
// bytes of the SHA-256 of the SHA-256 of what is before, as the keys of wallets do
// (BIP-32).
func base58Check(text string) bool {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n, base := new(big.Int), big.NewInt(58)
	for i := range len(text) {
		v := strings.IndexByte(alphabet, text[i])
		if v < 0 {
			return false
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(v)))
	}
	raw := n.Bytes()
	if len(raw) < 5 {
		return false
	}
	body := raw[:len(raw)-4]
	sum := sha256.Sum256(body)
	sum = sha256.Sum256(sum[:])
	return bytes.Equal(sum[:4], raw[len(body):])
}
