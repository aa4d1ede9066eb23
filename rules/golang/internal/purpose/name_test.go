package purpose

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for name, want := range map[string][]string{
		"userAPIKey2":   {"user", "api", "key"},
		"HTTPServer":    {"http", "server"},
		"session_id":    {"session", "id"},
		"X-Auth-Token":  {"x", "auth", "token"},
		"userIDs":       {"user", "ids"},
		"GRANT_TYPE":    {"grant", "type"},
		"größteZahl":    {"größte", "zahl"},
		"":              nil,
		"123":           nil,
		"sha256OfToken": {"sha", "of", "token"},
	} {
		if got := Words(name); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOfName(t *testing.T) {
	for name, want := range map[string]Purpose{
		"password": Password, "userPassword": Password, "passwordHash": Password, "DB_PASS": Password, "plainPasswd": Password,
		"token": Token, "resetToken": Token, "sessionID": Token, "apiKey": Token, "API_KEY": Token, "verificationCode": Token, "csrf": Token,
		"signature": Signature, "expectedMAC": Signature, "sig": Signature,
		"secret": Key, "clientSecret": Key, "aesKey": Key, "encryption_key": Key,
		"salt": Nonce, "nonce": Nonce, "iv": Nonce,

		"": None, "key": None, "cacheKey": None, "publicKey": None, "tokenCount": None, "pageToken": None, "tokenFile": None,
		"passwordLength": None, "tokenizer": None, "secretName": None, "bypass": None, "compass": None, "requestID": None, "sign_up": None,
	} {
		if got := OfName(name); got != want {
			t.Errorf("OfName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOfFunc(t *testing.T) {
	for name, want := range map[string]Purpose{
		"GenerateToken": Token, "newSessionID": Token, "HashPassword": Password, "SignRequest": Signature, "makeSalt": Nonce,
		"randomString": None, "tokenFor": Token, "tokensToText": Token, "textFromToken": None, "signal": None, "Shuffle": None,
	} {
		if got := OfFunc(name); got != want {
			t.Errorf("OfFunc(%q) = %q, want %q", name, got, want)
		}
	}
}
