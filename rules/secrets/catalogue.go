package secrets

import (
	"fmt"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A kind is a kind of credential: what one check reports.
type kind struct {
	id         string // of the check, without the domain; gitleaks' where it has a rule
	title      string // "" is made from the ID
	severity   check.Severity
	confidence check.Confidence
	persona    check.Persona
	limits     string
	source     string // a page of the provider
}

// gitleaksKinds are gitleaks' default rules in its order, by how much a match
// is worth. A test compares them with the rules.
//
// Certain is kept for what a checksum proves, finding by finding.
var gitleaksKinds = func() []kind {
	var kinds []kind
	add := func(severity check.Severity, confidence check.Confidence, ids string) {
		for id := range strings.FieldsSeq(ids) {
			kinds = append(kinds, kind{id: id, severity: severity, confidence: confidence})
		}
	}
	// They open an account with data or money of others, or a supply chain.
	add(check.Critical, check.Firm, `
		age-secret-key alibaba-access-key-id anthropic-admin-api-key artifactory-api-key artifactory-reference-token
		aws-access-token aws-amazon-bedrock-api-key-long-lived azure-ad-client-secret databricks-api-token
		digitalocean-access-token digitalocean-pat digitalocean-refresh-token doppler-api-token flyio-access-token
		github-app-token github-fine-grained-pat github-oauth github-pat github-refresh-token
		gitlab-pat gitlab-pat-routable gitlab-rrt hashicorp-tf-api-token heroku-api-key-v2 npm-access-token
		okta-access-token openshift-user-token planetscale-api-token planetscale-oauth-token planetscale-password
		private-key pulumi-api-token pypi-upload-token rubygems-api-token shopify-access-token
		shopify-custom-access-token shopify-private-app-access-token stripe-access-token
		vault-batch-token vault-service-token 1password-secret-key 1password-service-account-token`)
	// The token's own form says what it is.
	add(check.High, check.Firm, `
		adobe-client-secret airtable-personnal-access-token anthropic-api-key authress-service-client-access-key
		aws-amazon-bedrock-api-key-short-lived clickhouse-cloud-api-secret-key clojars-api-token
		cloudflare-origin-ca-key defined-networking-api-token duffel-api-token
		dynatrace-api-token easypost-api-token facebook-access-token facebook-page-access-token frameio-api-token
		freemius-secret-key gcp-api-key gitlab-cicd-job-token gitlab-deploy-token
		gitlab-feature-flag-client-token gitlab-feed-token gitlab-incoming-mail-token
		gitlab-kubernetes-agent-token gitlab-oauth-app-secret gitlab-ptt gitlab-runner-authentication-token
		gitlab-runner-authentication-token-routable gitlab-scim-token gitlab-session-cookie gocardless-api-token
		grafana-api-key grafana-cloud-api-token grafana-service-account-token harness-api-key
		huggingface-access-token huggingface-organization-api-token infracost-api-token intra42-client-secret
		linear-api-key mailchimp-api-key mailgun-private-api-token mailgun-signing-key maxmind-license-key
		microsoft-teams-webhook new-relic-browser-api-token new-relic-insert-key new-relic-user-api-key
		notion-api-token nuget-config-password octopus-deploy-api-key openai-api-key perplexity-api-key
		plaid-api-token postman-api-token prefect-api-token readme-api-token scalingo-api-token
		sendgrid-api-token sendinblue-api-token sentry-org-token sentry-user-token
		settlemint-application-access-token settlemint-personal-access-token settlemint-service-access-token
		shippo-api-token shopify-shared-secret sidekiq-secret sidekiq-sensitive-url slack-app-token
		slack-bot-token slack-config-access-token slack-config-refresh-token slack-legacy-bot-token
		slack-legacy-token slack-legacy-workspace-token slack-user-token slack-webhook-url
		square-access-token telegram-bot-api-token twilio-api-key twitter-bearer-token typeform-api-token
		yandex-access-token yandex-api-key yandex-aws-access-token
		hashicorp-tf-password kubernetes-secret-yaml curl-auth-header curl-auth-user
		dropbox-long-lived-api-token dropbox-short-lived-api-token jwt-base64`)
	// A name says what it is: the provider's, with a value of the right length.
	add(check.High, check.Firm, `
		adafruit-api-key airtable-api-key algolia-api-key alibaba-secret-key asana-client-secret
		atlassian-api-token beamer-api-token bitbucket-client-secret bittrex-access-key bittrex-secret-key
		cisco-meraki-api-key cloudflare-api-key cloudflare-global-api-key codecov-access-token cohere-api-token
		coinbase-access-token confluent-access-token confluent-secret-key contentful-delivery-api-token
		datadog-access-token discord-api-token discord-client-secret droneci-access-token dropbox-api-token
		etsy-access-token facebook-secret fastly-api-token finicity-api-token finicity-client-secret
		finnhub-access-token flickr-access-token flutterwave-encryption-key flutterwave-secret-key
		freshbooks-access-token gitter-access-token heroku-api-key hubspot-api-key intercom-api-key
		jfrog-api-key jfrog-identity-token kraken-access-token kucoin-access-token kucoin-secret-key
		launchdarkly-access-token linear-client-secret linkedin-client-secret lob-api-key looker-client-secret
		mattermost-access-token messagebird-api-token netlify-access-token nytimes-access-token
		plaid-secret-key privateai-api-token rapidapi-access-token sendbird-access-token sentry-access-token
		snyk-api-token sonar-api-token sourcegraph-access-token squarespace-access-token
		sumologic-access-token travisci-access-token twitch-api-token twitter-access-secret
		twitter-access-token twitter-api-key twitter-api-secret zendesk-secret-key new-relic-user-api-id
		generic-api-key jwt`)
	// For tests, or made to be seen by others: worth a look, not an alarm.
	add(check.Low, check.Firm, `
		easypost-test-api-token flutterwave-public-key lob-pub-api-key mailgun-pub-key mapbox-api-token
		adobe-client-id asana-client-id bitbucket-client-id discord-client-id linkedin-client-id
		looker-client-id messagebird-client-id plaid-client-id sendbird-access-id sumologic-access-id`)
	add(check.High, check.Firm, `pkcs12-file`)
	return kinds
}()

// words spells the parts of rule IDs.
var words = map[string]string{
	"api": "API", "id": "ID", "pat": "personal access token", "oauth": "OAuth", "url": "URL", "cicd": "CI/CD",
	"ptt": "pipeline trigger token", "rrt": "runner registration token", "scim": "SCIM", "tf": "", "ad": "AD",
	"pub": "public", "personnal": "personal", "yaml": "in YAML", "v2": "(v2)", "ca": "CA", "amazon": "Amazon",
	"bedrock": "Bedrock", "pkcs12": "PKCS #12", "jwt": "JSON Web Token", "base64": "in base64", "aws": "AWS",
	"kubernetes": "Kubernetes",
}

// titles are those which are not made from their ID.
var titles = map[string]string{
	"age-secret-key": "age secret key", "private-key": "Private key", "jwt": "JSON Web Token",
	"jwt-base64": "JSON Web Token in base64", "generic-api-key": "Value that looks like a key or token",
	"curl-auth-header": "Credential in the header of a curl command", "curl-auth-user": "User and password of a curl command",
	"kubernetes-secret-yaml": "Kubernetes Secret with its values", "pkcs12-file": "PKCS #12 key store",
	"nuget-config-password": "Password in a NuGet configuration", "hashicorp-tf-password": "Password in a Terraform file",
	"slack-webhook-url": "Slack webhook URL", "microsoft-teams-webhook": "Microsoft Teams webhook URL",
	"sidekiq-sensitive-url": "URL with Sidekiq credentials",
}

// kindOf makes a kind of a rule that a repository's configuration has.
func kindOf(r *engine.Rule) kind {
	id := kindID(r.ID)
	for _, k := range gitleaksKinds {
		if k.id == id {
			return k
		}
	}
	return kind{id: id, title: ruleTitle(r), severity: check.High, confidence: check.Firm,
		limits: "The rule is the repository's own."}
}

// unique drops kinds of an ID that another one has already.
func unique(kinds []kind) []kind {
	seen := make(map[string]bool)
	return slices.DeleteFunc(kinds, func(k kind) bool {
		again := seen[k.id]
		seen[k.id] = true
		return again
	})
}

// kindID makes the ID of a check from that of a rule, which may be any text.
func kindID(rule string) string {
	words := strings.FieldsFunc(strings.ToLower(rule), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	if len(words) == 0 {
		return "unnamed-rule"
	}
	return strings.Join(words, "-")
}

// ruleTitle is the title of what a rule finds: ours if it is one of ours or of
// gitleaks' own, else its description or ID.
func ruleTitle(r *engine.Rule) string {
	id := kindID(r.ID)
	if _, ok := titles[id]; ok {
		return titles[id]
	}
	if t := titleOf(kind{id: id}); t != "" {
		return t
	}
	if d := strings.TrimRight(strings.TrimSpace(r.Description), "."); d != "" {
		return d
	}
	return r.ID
}

// providerOf finds the provider of a rule by the longest prefix of its ID.
func providerOf(id string) (prefix string, p provider) {
	for prefix = id; ; prefix = prefix[:strings.LastIndexByte(prefix, '-')] {
		if p, ok := providers[prefix]; ok || !strings.Contains(prefix, "-") {
			return prefix, p
		}
	}
}

// titleOf makes "GitHub personal access token" of "github-pat".
func titleOf(k kind) string {
	if k.title != "" {
		return k.title
	}
	if t, ok := titles[k.id]; ok {
		return t
	}
	for _, t := range tokens {
		if t.id == k.id {
			return t.title
		}
	}
	prefix, p := providerOf(k.id)
	if p.name == "" {
		return ""
	}
	parts := []string{p.name}
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(k.id, prefix), "-"), "-") {
		if w, ok := words[part]; ok {
			part = w
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// pageOf is the page of a kind: what to do, in the order in which to do it.
func pageOf(k kind, title string) check.Page {
	_, p := providerOf(k.id)
	if p.rotate == "" {
		p = provider{rotate: "Revoke it in the settings of the account that issued it, or change the password where it is checked"}
	}
	if k.limits == "" {
		k.limits = "Placeholders, references to the environment, encrypted values and those that are plainly words are left alone. A credential that is " +
			"assembled at run time, or has another form than its provider documents, is not found."
	}
	if byContext[k.id] {
		k.limits += " In tests, manuals and Markdown, in a build, in the servers of Docker Compose, in a comment and for a server on the same machine it is for persona pedantic: there, most open nothing. So is what stands in a package of Go that says that it is for integration tests, and the fingerprint of a key of PGP that the line or the comment above calls one."
	}
	if !testKinds[k.id] {
		k.limits += " What is named a public token, or a public access token, is for persona pedantic."
	}
	switch {
	case webhooks[k.id]:
		k.limits += " In tests and manuals, and in a block of code of Markdown, it is for persona pedantic: whoever has it can post something, and no more."
	case testKinds[k.id] && !byContext[k.id]:
		k.limits += " It is for persona pedantic where it is to try something with: in tests and manuals, in a block of code of Markdown, beside a certificate " +
			"for this machine or of who certifies nothing else, in a folder that says so, in one that Docker Compose gives to what it starts."
	}
	page := check.Page{
		What: fmt.Sprintf("%s that stands in the text of a file, in the clear or encoded in base64, hex, percent or Unicode escapes.", title),
		Why: "Whoever can read the repository, a backup of it or a log of its build can use the credential, and nobody notices. " +
			"Programs read every public push for such strings within minutes. In 2016 attackers took the data of 57 million people from Uber " +
			"with AWS keys that stood in a private GitHub repository; in 2022 Toyota found that an access key to the data of 296,000 customers " +
			"had been public for five years.",
		Fix: fmt.Sprintf("1. Make it useless first. %s.\n"+
			"2. Take it out of the file: read it from the environment, a secret store or a file that Git ignores.\n"+
			"3. If it was pushed, deleting the line is not enough: it stays in the history, in forks, clones and caches. Step 1 is what helps; "+
			"rewriting the history (git filter-repo) only tidies up.\n"+
			"4. Look in the provider's log for what it was used for.", p.rotate),
		Limits:     k.limits,
		References: []string{"https://cwe.mitre.org/data/definitions/798.html"},
	}
	if k.source != "" {
		page.References = append(page.References, k.source)
	}
	if p.url != "" {
		page.References = append(page.References, p.url)
	}
	return page
}

// tokenKinds are the kinds of the tokens.
func tokenKinds() []kind {
	var kinds []kind
	for _, t := range tokens {
		k := kind{id: t.id, title: t.title, severity: t.severity, confidence: check.Firm, source: t.source}
		switch {
		case documented[t.id]:
		case confirmed[t.id]:
			k.limits = observedTwice
		default:
			k.limits = observed
		}
		kinds = append(kinds, k)
	}
	return kinds
}

// contextKinds are what only the context gives away.
var contextKinds = []kind{
	{id: kindPassword, title: "Password in the text", severity: check.High, confidence: check.Firm,
		limits: "Words without a digit or a sign are not taken for passwords, but for files that are made for credentials (.netrc, .pypirc)."},
	{id: kindService, title: "Value under the name of a service that issues keys", severity: check.High, confidence: check.Firm,
		limits: "The services are a list; a value must look random. For persona pedantic is what has the prefix and the length of a token of GitHub or npm, and characters that none has."},
	{id: kindURL, title: "URL with a password", severity: check.High, confidence: check.Firm,
		limits: "Hosts that are reserved for examples, and the usual passwords of local databases, are left alone."},
	{id: kindConnection, title: "Password in a connection string", severity: check.High, confidence: check.Firm},
	{id: kindRegistry, title: "Credential of a package or image registry", severity: check.Critical, confidence: check.Firm},
	{id: kindKeyStore, title: "Key store or password database", severity: check.High, confidence: check.Firm},
	{id: kindMnemonic, title: "Mnemonic of a wallet", severity: check.Critical, confidence: check.Certain,
		limits: "English words under a name that says mnemonic, phrase or words; those that standards and tools for tests publish are left alone.",
		source: "https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki"},
	{id: kindPossible, title: "Value in the form of a credential, probably none", severity: check.Low, confidence: check.Tentative, persona: check.Auditor},
}
