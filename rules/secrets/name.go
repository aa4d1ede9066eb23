package secrets

import (
	"slices"
	"strings"
	"unicode"
)

// A name is what the name of a value says about it.
type name struct {
	password  bool
	secret    bool   // it is a key, token or secret
	key       bool   // it may be one: just "key" or "auth"
	service   string // whose it is
	notSecret bool   // it is about a credential, or public
	common    bool   // the service's name is a word that programs use for other things
	setter    bool   // it is a function that takes the value: setPassword
	weakened  bool   // it is an identifier, a hash or the like unless more says otherwise
}

// splitWords splits at separators and where the case changes, in lower case:
// "AWSSecret_key2" is aws, secret, key, 2.
func splitWords(s string) []string {
	var words []string
	start := 0
	runes := []rune(s)
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush(i)
		case i > start && unicode.IsDigit(r) != unicode.IsDigit(runes[i-1]):
			flush(i)
		}
	}
	flush(len(runes))
	return words
}

var (
	passwordWords = set("psk password passwd passphrase pwd passcode pass pw userpass dbpass userpassword dbpassword rootpassword adminpassword smtppass mypwd passwrd pswd psw masterpass keypass storepass requirepass masterauth")
	secretNames   = set("secret secrets token tokens apikey apikeys apitoken authtoken accesstoken accesskey secretkey secretaccesskey privatekey credential credentials cred creds bearer pat apisecret clientsecret appsecret appkey authkey encryptionkey signingkey masterkey sharedkey licensekey accountkey storagekey webhooksecret consumersecret consumerkey authorization subscriptionkey jwtsecret sessionsecret cookiesecret sessionkey sas sastoken connectionstring refreshtoken idtoken bottoken usertoken pswdkey accesskeyid serverkey servicekey secretid integrationkey routingkey ingestkey writekey")
	// What a key is of, for it to be a secret.
	keyOwners = set("validation decryption machine api access secret private auth app application account license encryption encrypt signing sign master service client consumer shared storage subscription server admin integration write rest aes hmac crypto cipher des session jwt user developer dev partner merchant security deploy deployment registration ingest ingestion routing host webhook token site project publishing push management bot org organization team workspace tenant customer fernet rsa ecdsa wallet deploykey functions function host cosmos redis search instrumentation")
	keyWords  = set("key keys auth license")
	// A name that ends in one of these is about a credential.
	aboutWords = set("url uri urls path paths file filename files name names length len size type types count index field fields column header headers param params parameter selector regex pattern format expiry expires expiration expire ttl limit policy arn endpoint label title message msg help hint prompt error err text description placeholder class validator validation strength rules rule min max required enabled enable disabled visible hidden ref refs reference references version versions algorithm alg method mode provider store storage manager service handler factory builder helper util utils options option config schema template prefix suffix separator scope scopes audience issuer host port domain domains role roles group location lifetime age date time timestamp at on by for from in with env var variable status state kind reset page form input button link dir directory folder board code codes press event listener map frame bits mapping attribute attr property dict pair pairs grant request response flow window interval cache alias id ids")
	// A value with such a name is no secret, whatever else the name says.
	publicWords = set("htpasswd jsonwebtoken authenticity public pub publishable publickey csrf xsrf example sample dummy fake mock placeholder fingerprint thumbprint keyid")
	weakWords   = set("hash hashed sha sha1 sha256 sha512 md5 checksum digest etag integrity commit revision rev nonce uuid guid id ids version ver tag image build release build digest partition primary foreign sort cache idempotency trace span request correlation region zone resource subnet vpc bucket cluster instance node device serial model sku product order invoice customer plan price package module component asset chunk bundle theme icon font color locale lang")
)

// cursorWords before "token" make it a place in a list.
var cursorWords = set("page paging pagination next continuation continue sync resume cursor")

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// readName reads a name such as "STRIPE_SECRET_KEY" or "db.password".
func readName(s string) name {
	var n name
	words := splitWords(s)
	for len(words) > 0 && strings.Trim(words[len(words)-1], "0123456789") == "" {
		words = words[:len(words)-1] // "password2"
	}
	if len(words) == 0 {
		return n
	}
	last := words[len(words)-1]
	if len(words) == 2 && words[0] == "identified" && last == "by" { // SQL's IDENTIFIED BY
		return name{password: true}
	}
	if strings.EqualFold(s, "Postman-Token") { // a header against caches
		return n
	}
	n.setter = words[0] == "set" || words[0] == "with"
	for i, w := range words {
		switch {
		case publicWords[w], i > 0 && strings.HasPrefix(w, "token") && cursorWords[words[i-1]]:
			n.notSecret = true
		case passwordWords[w] || strings.HasSuffix(w, "password") || strings.HasSuffix(w, "passwd") || strings.HasSuffix(w, "passphrase") || strings.HasSuffix(w, "pwd"):
			n.password = true
		case secretNames[w] || strings.HasSuffix(w, "secret") || strings.HasSuffix(w, "token") || strings.HasSuffix(w, "apikey"):
			n.secret = true
		case (w == "key" || w == "keys") && i > 0 && keyOwners[words[i-1]]:
			n.secret = true
		case keyWords[w]:
			n.key = true
		}
		if weakWords[w] {
			n.weakened = true
		}
	}
	n.service = serviceOf(words)
	if n.service == "" && len(words) <= 2 && commonNames[words[0]] {
		n.service, n.common = words[0], true
	}
	if n.service != "" && n.key {
		n.secret = true
	}
	if aboutWords[last] && !(last == "id" && (n.secret || n.password)) {
		n.notSecret = true
	}
	// access_key_id, client_id: public halves.
	if last == "id" || last == "ids" {
		n.notSecret = true
	}
	if n.secret && n.weakened && !slices.ContainsFunc(words, func(w string) bool {
		return set("hash hashed sha sha1 sha256 sha512 md5 checksum digest etag integrity commit revision rev nonce uuid guid")[w]
	}) {
		n.weakened = false
	}
	return n
}

// serviceOf finds a service in the words of a name: one or several in a row,
// written together. The longest counts.
func serviceOf(words []string) string {
	best := ""
	known := services()
	for i := range words {
		joined := ""
		for j := i; j < len(words) && j < i+4; j++ {
			joined += words[j]
			if len(joined) > len(best) && known[joined] {
				best = joined
			}
		}
	}
	return best
}
