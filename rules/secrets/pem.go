package secrets

import (
	"encoding/base64"
	"slices"
	"strings"
)

// minKey is how many characters the shortest private key has between the edges of PEM:
// one of Ed25519 has 64.
const minKey = 60

// cutShort reports whether a private key in PEM (RFC 7468) holds less than its own
// length says, as one that is shown in a comment and breaks off, or holds no key
// at all, as code that looks for one. Keys that do not tell their length, those of
// OpenSSH and PGP and the encrypted ones of RFC 1421, are never said to be.
func cutShort(pem string) bool {
	_, whole, _ := strings.Cut(pem, "BEGIN")
	_, whole, _ = strings.Cut(whole, "-----")
	if whole, _, _ = strings.Cut(whole, "-----"); len(whole) < minKey {
		return true
	}
	label, body, ok := strings.Cut(pem, "KEY-----")
	if !ok || strings.Contains(label, "OPENSSH") || strings.Contains(label, "PGP") || strings.Contains(body, "Proc-Type") {
		return false
	}
	body, _, _ = strings.Cut(body, "-----")
	var text strings.Builder
	for _, run := range strings.FieldsFunc(strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ").Replace(body), notBase64) {
		if len(run) >= 16 || text.Len() > 0 { // not what stands before: a comment's star, an operator
			text.WriteString(run)
		}
	}
	head, err := base64.RawStdEncoding.DecodeString(text.String()[:min(8, text.Len())])
	if err != nil || len(head) < 4 {
		return true
	}
	if head[0] != 0x30 { // DER's SEQUENCE
		return true
	}
	length := int(head[1])
	switch head[1] {
	case 0x81:
		length = int(head[2])
	case 0x82:
		length = int(head[2])<<8 | int(head[3])
	}
	return text.Len()*3/4 < length
}

func notBase64(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '/' || r == '+')
}

// certificateBase64 begins a certificate in PEM in base64; one of keyBase64 is in
// that of each private key, depending on what stands before the words.
const certificateBase64 = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR"

var keyBase64 = []string{"UFJJVkFURSBLRVkt", "QUklWQVRFIEtFWS", "BSSVZBVEUgS0VZL"}

// certificateAlone reports whether a text holds a certificate in base64 and no
// private key.
func certificateAlone(text string) bool {
	return strings.Contains(text, certificateBase64) &&
		!slices.ContainsFunc(keyBase64, func(k string) bool { return strings.Contains(text, k) })
}
