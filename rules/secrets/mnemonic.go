package secrets

import (
	"crypto/sha256"
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// bip39 is the English word list of BIP-39, in alphabetical order.
//
//go:embed bip39.txt
var bip39 string

var bip39Words = sync.OnceValue(func() []string { return strings.Fields(bip39) })

// knownMnemonics are those that the tools for developers of contracts make their
// accounts of: Ganache's, and that of its manual.
var knownMnemonics = []string{
	"myth like bonus scare over problem client lizard pioneer submit female collect",
	"candy maple cake sugar pudding cream honey rich smooth crumble sweet treat",
}

// isMnemonic reports whether a text is the mnemonic of a wallet (BIP-39): 12, 15,
// 18, 21 or 24 words of the list, each for 11 bits, of which the last of each 33
// is one of the SHA-256 of all others. Of 16 orders of 12 words one is. That of
// the standard's test vectors and of Hardhat, which say the same word again and
// again, are none.
func isMnemonic(text string) bool {
	words := strings.Fields(text)
	if n := len(words); n < 12 || n > 24 || n%3 != 0 || slices.Contains(knownMnemonics, strings.Join(words, " ")) {
		return false
	}
	bits := make([]byte, 0, 24*11)
	seen := make(map[string]bool)
	for _, w := range words {
		i, ok := slices.BinarySearch(bip39Words(), w)
		if !ok {
			return false
		}
		seen[w] = true
		for b := 10; b >= 0; b-- {
			bits = append(bits, byte(i>>b&1))
		}
	}
	if len(seen) < len(words)-2 {
		return false
	}
	entropy := make([]byte, len(bits)/33*4)
	for i := range len(entropy) * 8 {
		entropy[i/8] |= bits[i] << (7 - i%8)
	}
	sum := sha256.Sum256(entropy)
	for i, b := range bits[len(entropy)*8:] {
		if sum[0]>>(7-i)&1 != b {
			return false
		}
	}
	return true
}
