package secrets

import (
	"slices"
	"strings"
	"unicode"
)

// A name is what the name of a value says about it.
type name struct {
	password  bool
	ends      bool   // its last word is that for a password: what it names is one, and nothing about it
	secret    bool   // it is a key, token or secret
	key       bool   // it may be one: just "key" or "auth"
	owned     bool   // it is the key of something that is no part of a program: "acme_key"
	service   string // whose it is
	client    bool   // it is what speaks to a service, and is often made with a key
	notSecret bool   // it is about a credential, or public
	common    bool   // the service's name is a word that programs use for other things
	setter    bool   // it is a function that takes the value: setPassword
	list      bool   // it is that of a list of credentials: "api_keys"
	signs     bool   // it is a function that signs: hmac.New, jwt.sign
	long      bool   // it has more words than people give the names of keys
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
	passwordWords = set(`
		psk password passwd passphrase pwd passcode pass pw userpass dbpass userpassword dbpassword rootpassword adminpassword smtppass mypwd
		passwrd pswd psw masterpass keypass storepass requirepass masterauth bindpw rootpw userpw dbpw adminpw bindpass smtppassword mailpass
		ldappass ftppass sshpass mysqlpass pgpass rootpass adminpass proxypass certpass vpnpass wpapsk keystorepass truststorepass sudopass
		becomepass passwort kennwort`)
	secretNames = set(`
		secret secrets token tokens apikey apikeys apitoken authtoken accesstoken accesskey secretkey secretaccesskey privatekey credential
		credentials cred creds bearer pat apisecret clientsecret appsecret appkey authkey encryptionkey signingkey masterkey sharedkey licensekey
		accountkey storagekey webhooksecret consumersecret consumerkey authorization subscriptionkey jwtsecret sessionsecret cookiesecret sessionkey
		sas sastoken connectionstring refreshtoken idtoken bottoken usertoken pswdkey accesskeyid serverkey servicekey secretid integrationkey
		routingkey ingestkey writekey`)
	// What a key is of, for it to be a secret.
	keyOwners = set(`
		validation decryption machine api access secret private auth app application account license encryption encrypt signing sign master service
		client consumer shared storage subscription server admin integration write rest aes hmac crypto cipher des session jwt user developer dev
		partner merchant security deploy deployment registration ingest ingestion routing host webhook token site project publishing push management
		bot org organization team workspace tenant customer fernet rsa ecdsa wallet deploykey functions function host cosmos redis search
		instrumentation`)
	keyWords = set("key keys auth license")
	// What names of the environment end in: ACME_API, ACME_WEBHOOK.
	suffixWords = set("api signing webhook dsn auth creds login")
	// What else has keys, so that "acme_key" is one for acme and "cache_key" is not.
	keyThings = set(`
		primary foreign sort partition cache map object obj dict json yaml xml hash lookup group row column col field index item data event message
		msg redis s3 bucket route query param header label meta metadata config conf cfg setting settings property prop option name type kind class
		user tag translation trans i18n locale lang text title string str enum state store context ctx env file path dir folder template tmpl view
		widget component react list array entry node tree root leaf parent child current cur next prev previous last first new old min max start end
		left right up down top bottom enter escape esc tab shift ctrl alt space arrow hot short pressed modifier mod lock mutex unique composite
		natural surrogate business dedup dedupe dedupl idempotency shard range bloom symbol sym public pub ssh gpg pgp trust known authorized apt
		rpm repo pre no any all each some same other get set has is by the a an for from with this that my your our to of in on at or and not need
		want valid invalid bad wrong missing extra unknown empty total sum count size len value val default base sub super inner outer local global
		static const final var int byte bytes rune char num number float bool id ids uid guid uuid ref reference link url uri host port addr address
		ip domain zone region cluster instance pod job task queue topic stream channel room team org account customer order product invoice payment
		plan price cart sku asset image icon color theme font style css html js ts go py rb java sql db table schema model entity record document
		doc page post article comment thread section chapter question answer form input button menu nav layout grid chart graph plot metric stat log
		trace span audit history version release build commit branch merge diff patch change issue ticket story bug epic feature flag switch toggle
		rule policy role permission scope grant claim cert certificate ca tls ssl x509 rsa ec ecdsa ed25519 dsa dh kex jwk jwt aes des hmac cipher
		crypto iv salt nonce seed test fake mock dummy example sample expected want got actual result output raw encoded decoded parsed normalized
		canonical full partial long wide narrow deep flat multi single double triple one two three random rand generated gen temp tmp scratch work
		worker thread process proc system sys os kernel device dev disk volume mount memory mem cpu gpu net network socket conn connection request
		req response resp reply call callback handler hook plugin module package pkg import export include library lib function func method attr
		attribute element elem el selector slot cell block chunk segment part piece shape face edge vertex point line area layer frame scene camera
		light texture material shader mesh bone anim animation track sound music video audio media caption subtitle word term phrase sentence
		paragraph lemma stem ngram vocab dictionary glossary concept topic subject category cat genre locale country city state province county
		street zip postal postcode phone email mail sms fax contact person people man woman child family friend member guest visitor session ms
		meter access registry win hkey reg magic sentinel marker anchor bookmark pin piano major minor keyboard press bind binding combo chord map
		mapping pair kv fetch swr rq vue ng ember provider inject injection annotation finalizer owner controller operator crd helm chart values
		overlay patch kustomize taint toleration affinity topology storage`)
	// A name that ends in one of these is about a credential.
	aboutWords = set(`
		regexp re url uri urls path paths file filename files name names length len size type types count index field fields column header headers
		param params parameter selector regex pattern format expiry expires expiration expire ttl limit policy arn endpoint label title message msg
		help hint prompt error err text description placeholder class validator validation strength rules rule min max required enabled enable
		disabled visible hidden ref refs reference references version versions algorithm alg method mode provider store storage manager service
		handler factory builder helper util utils options option config schema template prefix suffix separator scope scopes audience issuer host
		port domain domains role roles group location lifetime age date time timestamp at on by for from in with env var variable status state kind
		reset page form input button link dir directory folder board code codes press event listener map frame bits mapping attribute attr property
		dict pair pairs grant request response flow window interval cache alias id ids namespace namespaces variant variants check checks checker`)
	// A value with such a name is no secret, whatever else the name says.
	publicWords = set(`
		notsosecret notasecret encrypted obscured obfuscated sealed htpasswd jsonwebtoken authenticity public pub publishable publickey csrf xsrf example sample dummy fake
		mock placeholder fingerprint thumbprint keyid identifier identifiers badge telemetry analytics`)
	weakWords = set(`
		hash hashed sha sha1 sha256 sha512 md5 checksum digest etag integrity commit commitish revision rev nonce uuid guid id ids version ver tag image build
		release build digest partition primary foreign sort cache idempotency trace span request correlation region zone resource subnet vpc bucket
		cluster instance node device serial model sku product order invoice customer plan price package module component asset chunk bundle theme
		icon font color locale lang`)
)

// What ends a word that is written together: dbpassword, mytoken.
var (
	passwordSuffixes = []string{"password", "passwd", "passphrase", "pwd"}
	secretSuffixes   = []string{"secret", "token", "apikey"}
)

func hasSuffix(w string, suffixes []string) bool {
	return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(w, s) })
}

// signWords begin the names of functions that sign: hmac.New, jwt.sign.
var signWords = set("hmac jwt")

// clientWords end the names of what a key is given to: AcmeClient, Acme.configure.
var clientWords = set("client sdk configure")

// bundled reports whether a name is of those that build tools write into what every
// visitor of a site gets, so that what is called a key there is mostly meant to be
// seen: Vite's, Next.js', Create React App's, Expo's, Nuxt's, Gatsby's.
func bundled(words []string) bool {
	first, second := words[0], ""
	if len(words) > 1 {
		second = words[1]
	}
	return first == "vite" || first == "gatsby" || first == "react" && second == "app" ||
		(first == "next" || first == "expo" || first == "nuxt") && second == "public"
}

// isFileName reports whether a name is a file's: add_token.sql.
func isFileName(s string) bool {
	i := strings.LastIndexByte(s, '.')
	return i > 0 && fileExtensions[strings.ToLower(s[i+1:])]
}

// fileExtensions are those of files in whose names people write what they are about.
var fileExtensions = set(`
	sql go js mjs ts tsx jsx vue py rb java kt scala swift cs php c h cpp rs pl sh ps1 txt md rst html css scss json yml yaml toml xml csv lock
	el elc sum proto tf png svg jpg gif pdf zip gz tar log`)

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
		return name{password: true, ends: true}
	}
	if len(words) > 1 && isFileName(s) {
		return n
	}
	if strings.EqualFold(s, "Postman-Token") { // a header against caches
		return n
	}
	n.long = len(words) > 3
	n.list = len(words) <= 3 && listWords[last]
	n.signs = len(words) > 1 && signWords[words[0]]
	n.setter = slices.Contains(words, "set") || slices.Contains(words, "with")
	for i, w := range words {
		switch {
		case w == "search" && i+1 < len(words) && (words[i+1] == "key" || words[i+1] == "api"): // a page asks its search with it (Algolia)
			n.notSecret = true
		case publicWords[w], i > 0 && strings.HasPrefix(w, "token") && cursorWords[words[i-1]]:
			n.notSecret = true
		case passwordWords[w] || hasSuffix(w, passwordSuffixes):
			n.password = true
			n.ends = i == len(words)-1 && (i > 0 || w != "pass") // alone it is many things
		case secretNames[w] || hasSuffix(w, secretSuffixes):
			n.secret = true
		case (w == "key" || w == "keys") && i > 0 && keyOwners[words[i-1]]:
			n.secret = true
		case keyWords[w]:
			n.key = true
			n.owned = n.owned || i > 0 && i == len(words)-1 && !keyThings[words[i-1]] && len(words[i-1]) > 2
		case suffixWords[w] && i > 0 && i == len(words)-1 && s == strings.ToUpper(s) && !keyThings[words[i-1]]:
			n.key, n.owned = true, true
		}
		if weakWords[w] {
			n.weakened = true
		}
	}
	if last == "key" && bundled(words) && !keyOwners[words[len(words)-2]] {
		n.notSecret = true
	}
	n.client = clientWords[last]
	n.service = serviceOf(words)
	if n.service == "" && len(words) <= 2 && commonNames[words[0]] {
		n.service, n.common = words[0], true
	}
	if n.service != "" && n.key || n.key && words[0] == "x" && len(words) > 2 { // the header X-Acme-Key
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
