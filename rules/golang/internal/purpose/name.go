// Package purpose tells what a value is for: a password, a token, a signature.
// [OfName] judges one name, [Tracer.Trace] follows a value through its function
// and gives the names that it meets.
//
// Weak primitives are wrong only for some purposes: MD5 is a fine checksum and a
// broken signature, math/rand a fine jitter and a guessable session ID. Names
// are how programmers say what they want a value for, so names decide here.
package purpose

import (
	"strings"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// A Purpose is what a value is for. The zero value is nothing that needs
// protection, as far as one can tell.
type Purpose string

// The purposes.
const (
	None      Purpose = ""
	Password  Purpose = "password"  // chosen by a person, kept as a hash
	Token     Purpose = "token"     // shown to be let in: session ID, API key, reset code
	Signature Purpose = "signature" // proves origin: MAC, signature
	Key       Purpose = "key"       // kept secret, and used to sign or encrypt
	Nonce     Purpose = "nonce"     // unpredictable by contract: salt, nonce, IV
)

// heads are the nouns that end the name of a value, with their purpose. Two
// words are looked up before one.
var heads = map[string]Purpose{
	"password": Password, "passwd": Password, "passphrase": Password, "passcode": Password,
	"pass": Password, "pwd": Password, "pw": Password, "passwords": Password, "user pass": Password,
	"psw": Password, "pswd": Password,

	"token": Token, "tokens": Token, "jwt": Token, "csrf": Token, "xsrf": Token, "otp": Token, "totp": Token, "hotp": Token,
	"apikey": Token, "api key": Token, "access key": Token, "auth key": Token, "bearer": Token,
	"sessionid": Token, "session id": Token, "session": Token, "sid": Token, "sess id": Token, "session key": Token,
	"session token": Token, "auth cookie": Token, "session cookie": Token,
	"reset code": Token, "verification code": Token, "verify code": Token, "invite code": Token, "invitation code": Token,
	"auth code": Token, "authorization code": Token, "recovery code": Token, "backup code": Token,
	"activation code": Token, "confirmation code": Token, "confirm code": Token, "login code": Token,
	"access code": Token, "security code": Token, "sms code": Token, "pin code": Token,
	"license key": Token, "reset key": Token, "activation key": Token, "credential": Token, "credentials": Token,
	"captcha": Token, "accesskey": Token, "sharetoken": Token, "magic link": Token,

	"signature": Signature, "sig": Signature, "hmac": Signature, "mac": Signature, "auth tag": Signature,
	"signed": Signature, "sign": Signature, "signing": Signature,

	"secret": Key, "secrets": Key, "secret key": Key, "secretkey": Key, "private key": Key, "privatekey": Key,
	"privkey": Key, "priv key": Key, "signing key": Key, "sign key": Key, "signature key": Key, "encryption key": Key,
	"encrypt key": Key, "enc key": Key, "crypt key": Key, "crypto key": Key, "cipher key": Key, "aes key": Key,
	"hmac key": Key, "mac key": Key, "master key": Key, "jwt key": Key, "app key": Key, "shared key": Key,
	"secret access": Key, "psk": Key, "shared secret": Key, "client secret": Key, "jwt secret": Key, "data key": Key,

	"salt": Nonce, "nonce": Nonce, "iv": Nonce, "salts": Nonce, "init vector": Nonce, "initialization vector": Nonce,
	"pepper": Key,
}

// forms are last words that only say how a value is written.
var forms = wordSet(`str string bytes byte buf buffer hex b base enc encoded raw val value values plain text
	plaintext clear header param arg input in field form cookie final new current cur hash hashed digest sum md sha
	data result res out`)

// harmless are words that, anywhere in a name, say that it is about something else.
var harmless = wordSet(`cache cached etag checksum crc shard bucket trace span correlation test tests fake mock dummy
	example sample jitter backoff retry page next prev continue continuation pagination cursor resume cancel cancellation
	fencing lexer parser parse syntax eof delim separator keyword word words count counter len length size
	index offset pos position line column type kind status state version policy ttl expiry expires lifetime path file filename dir
	folder url uri endpoint host prefix suffix pattern regexp regex format algorithm alg algo method scheme provider
	manager store repository repo source loader reader writer handler func err error errs errors msg message label
	title description desc hint prompt placeholder public pub partition shuffle color colour animal game dice
	pipe fuzz bench benchmark mutex lock group comment git commit blob tree object gravatar avatar sync stop start
	begin end open close paren brace comma semicolon ident punct op operator stream marker`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// OfName judges the name of a value by its head noun: "resetToken" is a token,
// "tokenCount" and "pageToken" are none.
func OfName(name string) Purpose {
	words := query.Words(name)
	for _, w := range words {
		if harmless[w] {
			return None
		}
	}
	for len(words) > 0 {
		last := words[len(words)-1]
		if len(words) > 1 {
			if p, ok := heads[words[len(words)-2]+" "+last]; ok {
				return p
			}
		}
		if p, ok := heads[last]; ok {
			return p
		}
		if !forms[last] {
			return None
		}
		words = words[:len(words)-1]
	}
	return None
}

// OfFunc judges the name of a function by what it makes or does:
// "generateSessionID" makes a token, "SignRequest" a signature.
func OfFunc(name string) Purpose {
	words := query.Words(name)
	if len(words) == 0 {
		return None
	}
	// What follows "for", "from", "with" says how, not what.
	for i, w := range words {
		switch w {
		case "for", "from", "with", "of", "to", "by", "in", "on", "as", "and", "or":
			if i > 0 {
				words = words[:i]
			}
		}
		if i >= len(words) {
			break
		}
	}
	if p := OfName(strings.Join(words, " ")); p != None {
		return p
	}
	if words[0] == "sign" {
		return Signature
	}
	return None
}
