package purpose

import "testing"

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
