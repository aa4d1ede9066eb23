package secrets

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
)

// Credentials are made when the tests run, so that none stands in the repository
// for scanners to find: {hex32}, {low20}, {b62:40}, {uuid}.

var makers = map[string]string{
	"hex": "0123456789abcdef", "low": "abcdefghijklmnopqrstuvwxyz0123456789",
	"b62":  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	"b64":  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"b64u": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"up":   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "uphex": "0123456789ABCDEF", "dig": "123456789",
	"alpha": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
	"tok":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~",
	"sym":   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~@:[]?=*",
}

var maker = regexp.MustCompile(`\{(hex|low|b62|b64u|b64|uphex|up|dig|alpha|tok|sym|uuid|jwt):?(\d*)\}`)

func expand(text string, r *rand.Rand) string {
	return maker.ReplaceAllStringFunc(text, func(m string) string {
		sub := maker.FindStringSubmatch(m)
		if sub[1] == "uuid" {
			return expand("{hex8}-{hex4}-4{hex3}-a{hex3}-{hex12}", r)
		}
		if sub[1] == "jwt" {
			return "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + base64.RawURLEncoding.EncodeToString([]byte(expand(`{"iss":"acme","sub":"{uuid}","iat":17{dig:8}}`, r))) + expand(".{b64u:43}", r)
		}
		n, err := strconv.Atoi(sub[2])
		if err != nil {
			n = 1
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = makers[sub[1]][r.IntN(len(makers[sub[1]]))]
		}
		return string(b)
	})
}

// judgeText gives what is found in a text, as "kind confidence secret".
func judgeText(path, text string) []string {
	d := check.NewDocument(path, "", []byte(text), check.Revision{})
	var got []string
	for kind, findings := range standard.found(d) {
		for _, f := range findings {
			if kind != kindPossible {
				got = append(got, fmt.Sprintf("%s %s %s", kind, f.Confidence, d.Text(f.Location.Range)))
			}
		}
	}
	slices.Sort(got)
	return got
}

// The secret of each case stands between « and ».
func TestFound(t *testing.T) {
	for _, c := range []struct{ path, text, kind string }{
		// The name says that it is a key.
		{"a.env", "ACME_API_KEY=«{hex32}»\n", "generic-api-key"},
		{"a.go", "var c = Config{ClientSecret: \"«{b62:40}»\"}", "generic-api-key"},
		{"a.js", "fetch(`https://x.io/v1?access_token=«{low32}»&q=1`)", "generic-api-key"},
		{"a.xml", `<add key="AcmeApiKey" value="«{b62:30}»" />`, "generic-api-key"},
		{"a.yaml", "- name: ACME_TOKEN\n  value: «{b62:30}»\n", "generic-api-key"},
		{"a.xml", "<key>AcmeToken</key>\n<string>«{b62:30}»</string>", "generic-api-key"},
		{"a.yaml", "secret_key: >-\n  «{b62:40}»\n", "generic-api-key"},
		{"a.sh", "acme login --token «{low32}»\n", "generic-api-key"},
		{"Dockerfile", "ENV ACME_SECRET «{hex32}»\n", "generic-api-key"},
		{"a.gradle", `buildConfigField "String", "ACME_TOKEN", "\"«{hex32}»\""`, "generic-api-key"},
		{"a.ts", "const apiKey: string = '«{uuid}»';", "generic-api-key"},
		// The name says whose it is, and nothing else.
		{"a.env", "MAILJET=«{hex32}»\n", "service-credential"},
		{"a.py", "stormglass = \"«{uuid}»\"", "service-credential"},
		{"a.js", "const c = new Bannerbear('«{b62:22}»');", "service-credential"},
		{"a.go", "c := mailgun.New(\"mail.acme.io\", \"«{b62:40}»\")", "service-credential"},
		{"a.json", `{"integrations": {"abuseipdb": "«{hex80}»"}}`, "service-credential"},
		{"a.ini", "[storyblok]\nkey = «{b62:24}»\n", "service-credential"},
		{"a.md", "The ipinfo key: `«{low24}»`\n", "service-credential"},
		{"a.js", "// zenserp: «{low36}»\n", "service-credential"},
		{"a.py", "requests.get('https://api.clearbit.com/x', auth=('«{b62:30}»', ''))", "service-credential"},
		{"a.env", "APOLLO=«{b62:30}»\n", "service-credential"},
		// Passwords.
		{"a.env", "DB_PASSWORD=«Tr0ub4dor&3»\n", "hard-coded-password"},
		{"a.yml", "spring:\n  password: «{b62:12}»\n", "hard-coded-password"},
		{"a.cs", "\"Server=db;User Id=sa;Password=«hX9!kLm2@q»;\"", "hard-coded-password"},
		{"a.java", "ds.setPassword(\"«Zk7mQ2vN9p»\");", "hard-coded-password"},
		{"a.sql", "CREATE USER a IDENTIFIED BY '«Zk7mQ2vN9p»';", "hard-coded-password"},
		{"a.conf", "bind_password «hX9!kLm2@q»\n", "hard-coded-password"},
		{".netrc", "machine a.io login b password «hunter»\n", "hard-coded-password"},
		{"a.sh", "set_password \"«hX9!kLm2@q»\" \"$host\"\n", "hard-coded-password"},
		{"a.sh", "db_password \"«hX9!kLm2@q»\"\n", "hard-coded-password"},
		{"a.php", "define('DB_PASSWORD', '«hX9!kLm2@q»');", "hard-coded-password"},
		// URLs and connection strings.
		{"a.py", "u = 'postgres://app:«hX9kLm2q»@db.acme.io/x'", "url-with-password"},
		{"a.sh", "git clone https://«{low40}»@git.acme.io/x\n", "url-with-password"},
		{"a.txt", "redis://:«{b62:16}»@10.0.0.1:6379", "url-with-password"},
		{"a.go", "dsn := \"app:«hX9kLm2q»@tcp(db:3306)/x\"", "connection-string-password"},
		// Commands and calls.
		{"a.sh", "docker login -u bob -p «{b62:20}» r.acme.io\n", "hard-coded-password"},
		{"a.sh", "sshpass -p \"«{b62:10}!»\" ssh a@b\n", "hard-coded-password"},
		{"a.ps1", "ConvertTo-SecureString \"«{b62:12}!2»\" -AsPlainText -Force", "hard-coded-password"},
		{"a.py", "jwt.encode(p, \"«{b62:40}»\", algorithm=\"HS256\")", "generic-api-key"},
		{".pgpass", "db.acme.io:5432:app:bob:«{b62:14}»\n", "hard-coded-password"},
		// Files that logging in writes.
		{".npmrc", "//r.acme.io/:_auth=«Ym9iOmhYOWtMbTJxIQ==»\n", "registry-credential"},
		{"config.json", "{\"auths\": {\"r.acme.io\": {\"auth\": \"«Ym9iOmhYOWtMbTJxIQ==»\"}}}", "registry-credential"},
		// Forms of their own, in files that gitleaks does not look at, and encoded.
		{"jquery-3.js", "var a = \"«glpat-{b62:20}»\";", "gitlab-pat"},
		// Words and a number are what most people choose, where the name says what it is.
		{"compose.yml", "environment:\n  POSTGRES_PASSWORD: «planet{dig:4}»\n", "hard-coded-password"},
		{"a.go", "c := redis.Options{Addr: a, Password: \"«marble{dig:4}»\"}\n", "hard-coded-password"},
		{"schema.sql", "CREATE USER a IDENTIFIED BY \"«riverPepper{dig:4}»\" DEFAULT TABLESPACE users;\n", "hard-coded-password"},
		{"redis.conf", "requirepass «velvet-comet-{dig:4}»\n", "hard-coded-password"},
		{"pull.py", "ssh.connect(HOST, 22, \"search\", \"«orange-tiger-{dig:3}»\")\n", "hard-coded-password"},
		{"mount.bat", "net use Z: \\\\files\\r /user:CORP\\svc «Tiger{dig:4}?»\n", "hard-coded-password"},
		{"Pool.java", "    c.setPassword(\"«RocketCastle?{dig:3}»\");\n", "hard-coded-password"},
		{"a.rb", "MYSQL_DSN = 'shop:«Harbor@{dig:4}»@tcp(mysql.acme.io:3306)/shop'\n", "connection-string-password"},
		// Hosts and packages that only sound like examples.
		{"a.txt", "redis://:«{b62:24}»@redis.prod.example-corp.net:6379", "url-with-password"},
		{"src/main/java/com/example/demo/App.java", "String apiKey = \"«{b62:32}»\";", "generic-api-key"},
		{"hook.yml", "hook: https://open.feishu.cn/«open-apis/bot/v2/hook/{uuid}»\n", "lark-webhook-url"},
		{"key.env", "JWT_SIGNING=«MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{b64:1600}»\n", "rsa-private-key-der"},
		// What only resembles a list, a scope, a sentence or a number.
		{"a.json", "[\n  \"ACME_TOKEN\",\n  \"«{b62:40}»\"\n]\n", "generic-api-key"},
		{"a.txt", "acme_token:: «{b62:40}»\n", "generic-api-key"},
		{"a.cpp", "send(\"login bob password «hX9!kLm2@q»\");\n", "hard-coded-password"},
		{"jetty.ini", "jetty.sslContext.keyStorePassword=«OBF:1fvo1jg01tak1z0j1v1x1vgx1mx21etb1hmn1ewv1n081vfx1v2h1z0b1t9u1jda1ftm»\n", "hard-coded-password"},
		{"a.sh", "export SRC_ACCESS_TOKEN=«{hex40}» # sourcegraph\n", "sourcegraph-access-token"},
		{"a.h", "#define WIFI_GUEST_PSK \"«R1ver!Guest_88»\"\n", "hard-coded-password"},
		{"keys.json", "\"key\": \"«{b62:76}ACDb{b62:5}A==»\"\n", "azure-identifiable-key"},
		// The value is not next to the name.
		{"terraform.tfstate", "{\"outputs\": {\n  \"pushbullet_token\": {\n    \"value\": \"«{b62:34}»\",\n    \"sensitive\": true}}}", "service-credential"},
		{"template.yaml", "Parameters:\n  AcmeToken:\n    Type: String\n    NoEcho: true\n    Default: \"«{hex:32}»\"\n", "generic-api-key"},
		{"secrets.xml", "<string name=\"apollo_api_key\" translatable=\"false\">«{b62:24}»</string>\n", "service-credential"},
		{"local.properties", "detectifyApiKey=«1320620834{hex:22}»\n", "service-credential"},
		{"settings.json", "{\"recaptchaSecretKey\": \"«6LHG52O{b62:33}»\"}\n", "service-credential"},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		marked := expand(c.text, r)
		_, rest, _ := strings.Cut(marked, "«")
		secret, _, _ := strings.Cut(rest, "»")
		text := strings.NewReplacer("«", "", "»", "").Replace(marked)
		want := c.kind + " firm " + secret
		if got := judgeText(c.path, text); !slices.Equal(got, []string{want}) {
			t.Errorf("%s %q:\n got %q\nwant %q", c.path, text, got, want)
		}
	}
}

func TestNotFound(t *testing.T) {
	for _, c := range []struct{ path, text string }{
		{"a.json", `{"issues": [{"key": "{uuid}"}], "key": "{uuid}"}`},
		{"a.env", "API_KEY=your-api-key-here\nSECRET=changeme\nTOKEN=xxxxxxxxxxxxxxxxxxxx\nKEY=${KEY}\n"},
		{"a.py", "key = os.environ['API_KEY']\npassword = getpass()\ntoken = config.token\n"},
		{"a.yaml", "password: {{ .Values.password }}\nimage: a@sha256:{hex64}\n"},
		{"a.json", `{"commit": "{hex40}", "integrity": "sha512-{b64:86}==", "etag": "{hex32}"}`},
		{"a.json", `{"buildkite": {"commit": "{hex40}"}, "sentry_release": "{hex40}"}`},
		{"a.py", "PASSWORD_HASH = '$2b$12${b62:53}'"},
		{"a.go", "const TokenType = \"urn:ietf:params:oauth:token-type\"\nvar tokenURL = \"https://a.io/{b62:30}\""},
		{"a.yaml", "secret: dGhpcyBpcyBhIHNlY3JldCBmb3IgeW91\nnextPageToken: {b62:40}\n"},
		{"a.go", "s.SomeLongCamelCaseIdentifier = v\n// s.SetUpdatedAtTimestampColumn\n"},
		{"a.json", `{"password": "Contraseña", "token": "Token"}`},
		{"a.yaml", "password: ENC[AES256_GCM,data:{b62:20},iv:{b62:43}]\n"},
		{"a.md", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"},
		{"a.txt", "postgres://postgres:postgres@localhost/db http://user:pass@example.com"},
		{"a.js", "Sentry.init({dsn: 'https://{hex32}@o1.ingest.sentry.io/2'})"},
		{"a.html", `<input name="authenticity_token" value="{b62:80}">`},
		{"a.tf", "kms_key_id = \"arn:aws:kms:eu-west-1:1:key/{uuid}\"\nclient_id = \"{uuid}\""},
		{"a.js", "const alphabet_key = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'"},
		{"a.go", "secretName := \"my-app-tls-secret-2023\"\nkeyVaultToStoreSecrets := \"cmp2-qat-1208358310\""},
		{"a.txt", "redis://:{b62:24}@redis.example.com redis://:{b62:24}@db.corp.example:6379 redis://:{b62:24}@a.test"},
		// A file's name is not that of its sum.
		{"checksums.txt", "V3__add_token_column.sql {hex64}\nreset_password.sql {hex64}\n"},
		{"atlas.sum", "20240102_password_reset.sql h1:{b64:43}=\n"},
		{"secrets.enc.yaml", "db: ENC[AES256_GCM,data:{b64:24},iv:{b64:43}=,tag:{b64:22}==,type:str]\nsops:\n  kms:\n    - enc: AQICAHh{b64:60}\n  mac: ENC[AES256_GCM,data:{b64:90},iv:{b64:43}=]\n"},
		{"access.log", "msg=\"token refreshed\" key=orders:{uuid} etag={hex32}\n"},
		{"Login.tsx", "<input name=\"password\" placeholder=\"Enter your password\" autoComplete=\"current-password\" />\n"},
		{"pay.py", "stripe.api_key = \"sk_test_4eC39HqLyjWDarjtT1zdp7dc\"\nRECAPTCHA_SECRET_KEY = \"6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe\"\n"},
		{"docs.py", "OAUTH_TOKEN = 'nnch734d00sl2jdk'\nsecret = 'pfkkdhi9sl3r4s00'\n"},
		{".env", "VITE_PUSHER_KEY={hex:20}\nNEXT_PUBLIC_SEGMENT_KEY={b62:32}\n"},
		{"tls.yaml", "kind: Secret\ndata:\n  tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk{b64:200}\n"},
		{"a.go", "t := fmt.Sprintf(`{\"access_token\":%q,\"token_type\":\"bearer\",\"expiry\":\"0001-01-01T00:00:00Z\"}`, old)\n"},
		{"auth.py", "AUTH_VERSIONS = [\"2.0_password\", \"2.0_voms\", \"3.x_oidc_access_token\"]\n"},
		{"notes.md", "Then pass `completed=False` so that it waits.\n"},
		{"key.go", "if strings.Contains(s, \"-----BEGIN PRIVATE KEY-----\") { return parse(bytes.TrimSpace(data), \"-----END PRIVATE KEY-----\", func(b []byte) error { return nil }) }\n"},
		{"key.ts", "/*\n * -----BEGIN RSA PRIVATE KEY-----\n * MIIEpQIBAAKCAQEA{b64:48}\n * {b64:64}...\n * -----END RSA PRIVATE KEY-----\n */\n"},
		{"KEYS", "{b64:60}/pw=\nvalues{b64:58}\nDQ{b64:62}\n"},
		{"conf.yaml", "password_encryption: scram-sha-256\npass: step2024\n"},
		// Identifiers, addresses, code, and data that a person can read.
		{"labels.json", "{\"Secret\": \"LA_kwDOCs{b62:4}75TTQL\", \"key\": \"Q-{uuid}-0\"}\n"},
		{"pod.json", "\"hostIP\": \"fd01:10:100:0:e38f:6f4b:9c53:9e4e\"\n"},
		{"catalog.json", "\"url\": \"github:flox/nixpkgs/{hex40}\"\n"},
		{"jws.go", "payload := \"eyJNc2ciOiJIZWxsbyBKV1MifQ\"\n"},
		{"Mail.svelte", "maskPassword = !!formSettings.smtp.username;\n"},
		{"app.js.map", "[\"updatePassword\",\"_loadingTask$onProgre3\",\"a\"]"},
		{"mlkem.go", "\"kemKeyGen\": \"kemKeyGen1024\",\n"},
		{"README.md", "[![c](https://codecov.io/gh/a/b/branch/main/graph/badge.svg?token=VMXc2fc7cJ)](x) ![t](https://travis-ci.com/a/b.svg?token={b62:20}&branch=main)\n"},
		{"release.env", "HUGORELEASER_COMMITISH={hex40}\n"},
		{"doc.go", "zoneKey = \"xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw\"\n"},
		{"zone.go", "api.Health(ctx, cloudflare.AccountIdentifier(\"{hex32}\"))\n"},
		{"nodes.go", "\"enode://{hex128}@18.138.108.67:30303\",\n"},
		{"api.json", "\"NVIDIA_H100_MEGA_80GB\",\n\"NVIDIA_H200_141GB\",\n"},
		{"a.pb.go", "Packages map[string]string `json:\"pypi_packages\" protobuf_key:\"bytes,1,opt,name=key,proto3\"`\n"},
		{"content.go", "s.Last90DaysSearchInterest = float64(s1.Last90DaysSearchInterest)\n"},
		{"decode.js", "var token = '%[a-f0-9]{2}';\n"},
		{"mint.yaml", "MINIO_ROOT_PASSWORD: minio123\n"},
		{"pgp.go", "const privkey = `-----BEGIN PGP PRIVATE KEY BLOCK-----\n...\n-----END PGP PRIVATE KEY BLOCK-----`\n"},
		{"build.yaml", "echo $$GITHUB_TOKEN | docker login ghcr.io -u $$GITHUB_USER --password-stdin\n"},
		{"manager.go", "m.info = info // can't pass *consul.Client: import cycle\n"},
		{"build.yml", "setOutput('key', fs.readFileSync('.github/workflows/data/7D851EB72D73BDA0.key', 'utf8'));\n"},
		{"bytes.go", "var points = \"{b64:400}+ASta{b62:8}{b64:400}\"\n"},
		{"database.yml", "url: postgres://postgres:postgres%23@localhost:5433/x\n"},
		{"radiotap.go", "token = \"160(20UUL)\"\n"},
		{"mc.go", "{AccessKey: \"Q3AM3UQ867SPQQA43P2F\", SecretKey: \"zuf+tfteSlswRu7BJ86wekitnifILbZam1KYY3TG\"}\n"},
		{"sign.go", "re := f(\"Credential=AKIAJ{up:15}/20150524/us-east-1/s3/aws4_request, SignedHeaders=host\")\n"},
		// Lists of names, one on a line; sets of ciphers; scopes; numbers of C; sentences; versions.
		{"symbols.json", "[\n  \"ParseKey\",\n  \"ParseKeyWithPassphrase\",\n  \"ed25519PublicKey.Verify\",\n  \"Sign\"\n]\n"},
		{"aliases.json", "[\n  \"CVE-2023-50658\",\n  \"GHSA-mhpq-9638-x6pw\",\n  \"GHSA-6294-6rgp-fr7r\"\n]\n"},
		{"builtins.py", "names = [\n    'ftp_weird_pass_reply',\n    'ftp_weird_227_format',\n    'ssh2_connect',\n]\n"},
		{"tls1.h", "#define TLS1_RFC_ECDHE_PSK_WITH_CHACHA20_POLY1305 \"TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256\"\n#define SN_kx_ecdhe_psk \"KxECDHE-PSK\"\n"},
		{"conditional.py", "\"Crypto_HAS_PSK_TLSv1_3\": crypto_has_psk_tlsv13,\n"},
		{"ads.json", "\"YouTube channels (such as 'youtube.com::L8ZULXASCc1I_oaOT0NaOQ').\"\n"},
		{"gelu.h", "static const float SQRT_2_OVER_PI  = 0.79788456080286535587989211986876f;\nconst float a2 = -1.21276126894734565e-2f;\n"},
		{"flatc.cpp", "    \"  --allow-non-utf8  Pass non-UTF-8 input through the parser\\n\"\n"},
		{"installed.txt", "apt\tpasswd\t1:4.13+dfsg1-1+deb12u1\n"},
		{"AUTHORS", "mml-sec.el password-cache.el rfc2104.el\n"},
		{"Shell.pm", "    my $pwd = CPAN::anycwd();\n"},
		{"mvn", "__comp \"passphrase= password= scmVersion= $(list)\"\n"},
		{"service.json", "\"the list: \\\"rows:b742c1f4-6cb0-4650-a845-35eb86fcc2bb/[fdea123b]\\\"\"\n"},
		{"secrets.py", "_SECRET_NAMESPACE = 'oauth2client:secrets#ns'\ntoken_variants = ['+i6t-not-inline', '+i6t-inline']\n"},
		{"config.py", "CLIENT_NOTSOSECRET = '{b62:24}'\n"},
		{"ssl.mod", "jetty.sslContext.keyStorePassword=OBF:1vny1zlo1x8e1vnw1vn61x8g1zlu1vn4\n"},
		{"enums.go", "\tTypeTokenKey TypeBasicContentKeyPolicyRestrictionTokenKey = \"#Microsoft.Media.ContentKeyPolicyX509CertificateTokenKey\"\n"},
		{"users.xml", "<password_sha256_hex>{hex64}</password_sha256_hex>\nPASSWORD=$(head -c8 /dev/urandom); echo -n \"$PASSWORD\" | sha256sum | tr -d '-'\n"},
		{"ci.yml", "- uses: actions/cache@v4\n  with:\n    key: silesia-tar-{hex64}\n"},
		{"schema.graphql", "type User {\n  hasPassword: Boolean!\n  passwordChanged: DateTime!\n}\n"},
		{"api.go", "\tNetworkSecurityTypeWpa2Psk = \"WPA2_PSK\"\n"},
		// A salt and a hash, as for Bitcoin's rpcauth; the name of a command that is given more.
		{"start.sh", "PASSWORD='{hex32}${hex64}'\n"},
		{"test.sh", "function e2e_pass {\n  run_pass \"grpcproxy_e2e\" \"${@}\"\n}\n"},
		{"smtp.go", "\tpasswordChallenge = \"UGFzc3dvcmQA\"\n"},
		{"package-lock.json", "\"integrity\": \"sha512-{b62:76}ACDb{b62:5}A==\"\n"},
		{"fixes.go", "\t\"https://github.com/sourcegraph/sourcegraph/commit/{hex40}\",\n"},
		{"binary.b64", "{b64:64}\n{b64:20}/EAAA{b64u:9}{b64:31}\n{b64:64}\n"},
	} {
		if got := judgeText(c.path, expand(c.text, rand.New(rand.NewPCG(3, 4)))); len(got) > 0 {
			t.Errorf("%s %q: found %q", c.path, c.text, got)
		}
	}
}

// What tests and examples hold opens nothing, most of the time.
func TestTestsAreTentative(t *testing.T) {
	text := expand("glpat-{b62:20}", rand.New(rand.NewPCG(1, 1)))
	for path, want := range map[string]string{"a.txt": "firm", "testdata/a.txt": "tentative", "a_test.go": "tentative", "_examples/a.go": "tentative"} {
		if got := judgeText(path, text); !slices.Equal(got, []string{"gitlab-pat " + want + " " + text}) {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// What a manual and tests show is for who asks for more. What lies beside the code is
// for everybody, and so is a token that its provider would know, wherever it is.
func TestManualsAndTests(t *testing.T) {
	persona := func(path, text, kind string) check.Persona {
		d := check.NewDocument(path, "", []byte(expand(text, rand.New(rand.NewPCG(1, 1)))), check.Revision{})
		list := standard.found(d)[kind]
		if len(list) != 1 {
			t.Fatalf("%s: %d findings of kind %s, want one", path, len(list), kind)
		}
		return list[0].Persona
	}
	for path, want := range map[string]check.Persona{
		"docs/src/api.md": check.Pedantic, "MANUAL.txt": check.Pedantic, "tool.1": check.Pedantic, "api/usage.rst": check.Pedantic, "api/token_test.go": check.Pedantic,
		"_examples/auth/main.go": check.Pedantic, "internal/testutils/keys.go": check.Pedantic,
		"README.md": check.Pedantic, "deploy/notes.txt": check.Regular, "config.yaml": check.Regular,
	} {
		if got := persona(path, "token: {jwt}", "jwt"); got != want {
			t.Errorf("%s: a JWT is for %v, want %v", path, got, want)
		}
		if got := persona(path, "token: glpat-{b62:20}", "gitlab-pat"); got != check.Regular {
			t.Errorf("%s: GitLab's token is for %v, want everybody", path, got)
		}
	}
	for text, want := range map[string]check.Persona{
		"```go\ntoken := \"{jwt}\"\n```\nSee there.\n": check.Pedantic,
		"1. Log in:\n\n   ~~~\n   token={jwt}":         check.Pedantic, // to the end, as it has none
		"```\nlog in\n```\n\nOutput: `{jwt}`\n":        check.Pedantic,
	} {
		if got := persona("README.md", text, "jwt"); got != want {
			t.Errorf("a JWT in %q is for %v, want %v", text, got, want)
		}
	}
	// A key that is whole is shown in a block of code, and left behind elsewhere.
	key := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat("{b64:64}\n", 12) + "-----END OPENSSH PRIVATE KEY-----\n"
	for text, want := range map[string]check.Persona{"```\n" + key + "```\n": check.Pedantic, key: check.Regular} {
		if got := persona("README.md", text, "private-key"); got != want {
			t.Errorf("a key in %q is for %v, want %v", text, got, want)
		}
	}
	// The URL of a webhook posts, and no more.
	hook := "https://discord.com/api/webhooks/8364719250{dig:8}/{b64u:68}\n"
	for path, want := range map[string]check.Persona{"docs/notify.md": check.Pedantic, "notify_test.go": check.Pedantic, "notify.go": check.Regular, ".github/workflows/ci.yml": check.Regular} {
		if got := persona(path, hook, "discord-webhook-url"); got != want {
			t.Errorf("%s: the URL of a webhook is for %v, want %v", path, got, want)
		}
	}
}

// Of what tests and manuals hold, a credential is for everybody that its provider would
// know by its form: not an identifier, the token of a session, a broken checksum.
func TestAlone(t *testing.T) {
	key, body := expand("{b62:32}", rand.New(rand.NewPCG(3, 3))), expand("{b62:30}", rand.New(rand.NewPCG(3, 5)))
	// The letters of AWS' identifiers are those of base 32.
	const id = "KIAJWVN5Z4FOFT7NLNA"
	secret := expand("{b64:40}", rand.New(rand.NewPCG(3, 6)))
	for _, c := range []struct {
		kind, text string
		want       check.Persona
	}{
		{"generic-api-key", "acme_api_key = \"" + key + "\"", check.Pedantic},
		{"service-credential", "MAILJET=" + key, check.Pedantic},
		{"gitlab-pat", "glpat-" + key[:20], check.Regular},
		{"github-oauth", "gho_" + body + checksumOf(body), check.Regular},
		{"github-oauth", "gho_" + body + "000000", check.Pedantic},
		{"aws-access-token", "A" + id, check.Pedantic},
		{"aws-access-token", "key=A" + id + "\nsecret=" + secret + "\n", check.Pedantic}, // no checksum, and throw-away ones abound
		{"aws-access-token", "key=AS" + id[1:] + "\nsecret=" + secret + "\n", check.Pedantic},
		{"gcp-oauth-access-token", "ya29." + key + key, check.Pedantic},
	} {
		for _, path := range []string{"internal/auth_test.go", "caddytest/a.txt", "internal/test-keys/a.txt", "docs/usage.md"} {
			found := standard.found(check.NewDocument(path, "", []byte(c.text), check.Revision{}))[c.kind]
			if len(found) != 1 || found[0].Persona != c.want {
				t.Errorf("%s: %q is %v, want one for %v", path, c.text, found, c.want)
			}
		}
	}
}

// What a comment says of the credential below it counts: that it is none for whoever
// reads it, and in a test that it opens nothing.
func TestCommentOnCredential(t *testing.T) {
	pem := expand("-----BEGIN RSA PRIVATE KEY-----\nMIIB{b64:60}\n{b64:800}\n-----END RSA PRIVATE KEY-----", rand.New(rand.NewPCG(3, 4)))
	key := expand("{b62:32}", rand.New(rand.NewPCG(3, 3)))
	gcp := expand("GOCSPX-{b62:28}", rand.New(rand.NewPCG(3, 5)))
	for _, c := range []struct {
		path, kind, text string
		want             check.Persona
	}{
		{"a.go", "generic-api-key", "// This value is safe to be embedded in version control.\nclientSecret = \"" + key + "\"\n", check.Pedantic},
		{"a.yml", "generic-api-key", "# A public license,\n# not a secret.\nACME_API_KEY: " + key + "\n", check.Pedantic},
		{"a.yml", "generic-api-key", "# Not a secret.\nACME_URL: x\nACME_API_KEY: " + key + "\n", check.Regular},
		{"a.yml", "generic-api-key", "# Keep it secret.\nACME_API_KEY: " + key + "\n", check.Regular},
		{"a.yml", "gitlab-pat", "# Not a secret.\ntoken: glpat-" + key[:20] + "\n", check.Regular},
		{"a.go", "generic-api-key", "// It should only be used for test purposes.\n\nvar apiKey = \"" + key + "\"\n", check.Regular},
		{"a.go", "generic-api-key", "// It should only be used for test purposes.\nvar apiKey = \"" + key + "\"\n", check.Pedantic},
		{"a.sh", "hard-coded-password", "# This password is for testing.\nPASSWORD='hX9!kLm2@q'\n", check.Pedantic},
		{"a.sh", "hard-coded-password", "# This password is for the server, see for testing there.\nPASSWORD='hX9!kLm2@q'\n", check.Regular},
		{"a.go", "generic-api-key", "const testApiKey = \"" + key + "\"\n", check.Pedantic},
		{"a.go", "generic-api-key", "const latestApiKey = \"" + key + "\"\n", check.Regular},
		{"a.go", "private-key", "// DevKey is used in development mode.\nvar key = `" + pem + "`\n", check.Pedantic},
		{"a.go", "private-key", "// The key of the server from the testdata directory.\nvar key = `\n" + pem + "`\n", check.Pedantic},
		{"a.go", "private-key", "// The key of the server.\nvar key = `\n" + pem + "`\n", check.Regular},
		{"a.go", "private-key", "const DevCoordinatorKey = `" + pem + "`\n", check.Pedantic},
		{"a.go", "private-key", "const debugCert = `\n" + pem + "`\n", check.Pedantic},
		{"a.go", "private-key", "const debuggerCert = `\n" + pem + "`\n", check.Regular},
		{"a.go", "private-key", "const DeviceKey = `" + pem + "`\n", check.Regular},
		{"a.go", "private-key", "// Key was changed in the development of version 2.\nvar key = `" + pem + "`\n", check.Regular},
		{"a.go", "generic-api-key", "const devApiKey = \"" + key + "\"\n", check.Regular},
		{"a.go", "gcp-oauth-client-secret", "\tClientSecret: \"" + gcp + "\",\n}\nv.Set(\"grant_type\", \"urn:ietf:params:oauth:grant-type:device_code\")\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n\tRedirectURL: \"oob\",\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n}\nv.Set(\"grant_type\", \"urn:ietf:params:oauth:grant-type:device_code\")\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tAcmeClientNotSoSecret = \"" + key + "\"\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tAcmeClientSoSecret = \"" + key + "\"\n", check.Regular},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n\tRedirectURL: \"https://acme.io/oob\",\n", check.Regular},
		{"a.go", "generic-api-key", "\tSigningSecret: \"" + key + "\",\n\tRedirectURL: \"oob\",\n", check.Regular},
		{"a.go", "gcp-oauth-client-secret", "\tdefaultClientNotSoSecret = \"" + gcp + "\"\n\tcallback = \"urn:ietf:wg:oauth:2.0:oob\"\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n}\nl, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\nconf.RedirectURL = \"http://\" + l.Addr().String()\n", check.Pedantic},
		{"a.go", "generic-api-key", "const clientSecret string = \"" + key + "\"\nv.Set(\"redirect_uri\", fmt.Sprintf(\"http://localhost:%d/callback\", port))\n", check.Pedantic},
		{"a.py", "generic-api-key", "client_secret = \"" + key + "\"\nredirect_uri = f\"http://127.0.0.1:{port}/\"\n", check.Pedantic},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n\tRedirectURL: \"http://localhost:8080/callback\",\n", check.Regular},
		{"a.go", "generic-api-key", "\tClientSecret: \"" + key + "\",\n}\nl, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\n", check.Regular},
		{"a.go", "generic-api-key", "\tWebhookSecret: \"" + key + "\",\n}\nl, err := net.Listen(\"tcp\", \"127.0.0.1:0\")\nconf.RedirectURL = \"http://\" + l.Addr().String()\n", check.Regular},
		{"vm.bash", "hard-coded-password", "expect -exact \"authid: \"\nsend \"glenda\\n\"\n\nexpect -exact \"auth password: \"\nsend \"glenda123\\n\"\n", check.Pedantic},
		{"vm.bash", "hard-coded-password", "expect -exact \"authid: \"\nsend \"glenda\\n\"\n\nexpect -exact \"auth password: \"\nsend \"glenda1987\\n\"\n", check.Regular},
		{"vm.bash", "hard-coded-password", "expect -exact \"authid: \"\nsend \"bob\\n\"\n\nexpect -exact \"auth password: \"\nsend \"glenda123\\n\"\n", check.Regular},
		{"a_test.go", "gitlab-pat", "// A token that has been modified to not be valid.\nconst t = \"glpat-" + key[:20] + "\"\n", check.Pedantic},
		{"a.go", "gitlab-pat", "// A token that has been modified to not be valid.\nconst t = \"glpat-" + key[:20] + "\"\n", check.Regular},
	} {
		found := standard.found(check.NewDocument(c.path, "", []byte(c.text), check.Revision{}))[c.kind]
		if len(found) != 1 || found[0].Persona != c.want {
			t.Errorf("%s: %q is %v, want one for %v", c.path, c.text, found, c.want)
		}
	}
}

// What a text says of itself: a key that was published with it, a script that starts a
// cluster on this machine, what a tool wrote down of a conversation.
func TestWhatTextsAreFor(t *testing.T) {
	key, jwt := expand("{b64:43}=", rand.New(rand.NewPCG(3, 3))), expand("{jwt}", rand.New(rand.NewPCG(3, 4)))
	pem := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + expand(strings.Repeat("{b64:64}\n", 12), rand.New(rand.NewPCG(3, 5))) + "-----END OPENSSH PRIVATE KEY-----"
	uuid := expand("{uuid}", rand.New(rand.NewPCG(3, 6)))
	print, pat := expand("{uphex:40}", rand.New(rand.NewPCG(3, 7))), expand("dckr_pat_{b62:27}", rand.New(rand.NewPCG(3, 8)))
	answer := "0.2 http response url:https://op.acme.io/token status_code:200\n0.3 response {'id_token': '" + jwt + "'}\n"
	request := "0.1 request_http_args {'headers': {'Accept': '*/*'}}\n"
	start := "#!/bin/bash\n# See https://acme.io/docs.\nSECRET=\"" + key + "\"\nagent -bind=127.0.0.$1 -encrypt=$SECRET\n"
	curl := "> GET /me HTTP/1.1\n> Authorization: Bearer " + jwt + "\n< HTTP/1.1 200 OK\n"
	for _, c := range []struct {
		path, language, kind, text string
		want                       check.Persona
	}{
		{"proxy/ca.go", "go", "private-key", "// Package proxy has the publicly published certificate and key of the Acme project.\npackage proxy\n\nconst Key = `" + pem + "`\n", check.Pedantic},
		{"proxy/ca.go", "go", "private-key", "// Package proxy has a certificate that is intentionally insecure.\npackage proxy\n\nconst Key = `" + pem + "`\n", check.Pedantic},
		{"proxy/ca.go", "go", "private-key", "package proxy\n\n// Key is the key published by the Acme project.\nconst Key = `" + pem + "`\n", check.Pedantic},
		{"proxy/ca.go", "go", "private-key", "// Package proxy has the certificate and key of the Acme project.\npackage proxy\n\nconst Key = `" + pem + "`\n", check.Regular},
		{"rc/rc.go", "go", "generic-api-key", "// Package rc controls servers for integration tests.\npackage rc\n\nconst APIKey = \"" + uuid + "\"\n", check.Pedantic},
		{"rc/rc.go", "go", "generic-api-key", "// Package rc controls servers.\npackage rc\n\nconst APIKey = \"" + uuid + "\"\n", check.Regular},
		{"release.sh", "shellscript", "generic-api-key", "# Fingerprint of the key for releases.\nRELEASE_SIGNING_KEY=\"" + print + "\"\n", check.Pedantic},
		{"release.sh", "shellscript", "generic-api-key", "GPG_SIGNING_KEY=\"" + print + "\"\n", check.Pedantic},
		{"release.sh", "shellscript", "generic-api-key", "# The key for releases.\nRELEASE_SIGNING_KEY=\"" + print + "\"\n", check.Regular},
		{"release.sh", "shellscript", "generic-api-key", "# Fingerprint of the key for releases.\nRELEASE_SIGNING_KEY=\"" + print[:32] + "\"\n", check.Regular},
		{".github/workflows/ci.yml", "yaml", "dockerhub-token", "env:\n  DOCKERHUB_PUBLIC_ACCESS_TOKEN: \"" + pat + "\"\n", check.Pedantic},
		{".github/workflows/ci.yml", "yaml", "dockerhub-token", "env:\n  DOCKERHUB_ACCESS_TOKEN: \"" + pat + "\"\n", check.Regular},
		{".github/workflows/ci.yml", "yaml", "dockerhub-token", "env:\n  NEXT_PUBLIC_ACCESS_TOKEN: \"" + pat + "\"\n", check.Regular},
		{".github/workflows/ci.yml", "yaml", "dockerhub-token", "env:\n  PUBLIC_REPOSITORY_TOKEN: \"" + pat + "\"\n", check.Regular},
		{"scripts/start_cluster.sh", "shellscript", "generic-api-key", start, check.Pedantic},
		{"scripts/start.sh", "shellscript", "generic-api-key", start, check.Regular},
		{"scripts/start_cluster.sh", "shellscript", "generic-api-key", start + "agent -join=10.0.4.7\n", check.Regular},
		{"scripts/start_cluster.sh", "shellscript", "generic-api-key", start + "curl https://vault.acme.io/v1\n", check.Regular},
		{"scripts/start_cluster.sh", "shellscript", "gitlab-pat", start + "token=glpat-hX9kLm2qRt7vWz4pYb3c\n", check.Regular},
		{"certification/flow.txt", "", "jwt", strings.Repeat(request+answer, 3), check.Pedantic},
		{"certification/flow.txt", "", "jwt", request + answer, check.Regular},
		{"certification/flow.txt", "", "jwt", request + answer + answer, check.Regular},
		{"certification/flow.txt", "", "jwt", request + answer + answer + strings.Repeat("0.4 condition: OK\n", 8), check.Pedantic},
		{"certification/flow.txt", "", "jwt", answer + answer + answer, check.Regular},
		{"certification/flow.txt", "", "generic-api-key", strings.Repeat(request+answer, 3) + "\"client_secret\": \"" + key + "\"\n", check.Pedantic},
		{"certification/flow.txt", "", "private-key", strings.Repeat(request+answer, 3) + pem, check.Regular},
		{"certification/flow.txt", "", "gitlab-pat", strings.Repeat(request+answer, 3) + "token: glpat-hX9kLm2qRt7vWz4pYb3c\n", check.Regular},
		{"notes/curl.txt", "", "jwt", curl, check.Regular},
		{"notes/curl.txt", "", "jwt", strings.Repeat(curl, 3), check.Pedantic},
		{"notes/curl.py", "python", "jwt", strings.Repeat(curl, 3), check.Regular},
		{"UPGRADE.md", "markdown", "jwt", "The token " + jwt + " is one now.\n", check.Pedantic},
		{"codecov.yml", "yaml", "generic-api-key", "codecov:\n  token: " + uuid + "\n", check.Pedantic},
		{".github/.codecov.yml", "yaml", "generic-api-key", "codecov:\n  token: \"" + uuid + "\"\n", check.Pedantic},
		{".coveralls.yml", "yaml", "generic-api-key", "repo_token: " + key + "\n", check.Pedantic},
		{"codecov.yml", "yaml", "generic-api-key", "codecov:\n  api_token: " + uuid + "\n", check.Regular},
		{"coverage.yml", "yaml", "generic-api-key", "coverage:\n  token: " + uuid + "\n", check.Regular},
		{"upgrade.sh", "shellscript", "jwt", "TOKEN=" + jwt + "\n", check.Regular},
	} {
		found := standard.found(check.NewDocument(c.path, c.language, []byte(c.text), check.Revision{}))[c.kind]
		if len(found) == 0 || found[0].Persona != c.want {
			t.Errorf("%s: %q is %v, want %v", c.path, c.text, found, c.want)
		}
	}
}

// What stands in the clear in a build, or in the servers that Docker Compose starts, is for these alone, unless it is
// a token that its provider would know.
func TestBuilds(t *testing.T) {
	const secret, password = "hX9kLm2qRt7vWz4pYb3cNd8sFg5jKw6e", "Velvet9Harbor!41"
	client := "- run: curl -d 'client_secret=" + secret + "' http://keycloak/token\n"
	for _, c := range []struct {
		path, kind, text string
		want             check.Persona
	}{
		{".github/workflows/ci.yml", kindSecret, client, check.Pedantic},
		{".github/actions/upload/action.yml", kindSecret, client, check.Pedantic},
		{"examples.d/.circleci/config.yml", kindSecret, client, check.Pedantic},
		{"gcb/cloudbuild.yaml", kindSecret, client, check.Pedantic},
		{".build.yml", kindSecret, client, check.Pedantic},
		{".builds/linux.yml", kindSecret, client, check.Pedantic},
		{"deploy/.build.yml", kindSecret, client, check.Regular},
		{"deploy/ci.yml", kindSecret, client, check.Regular},
		{".gitlab-ci.yml", kindPassword, "test:\n  variables:\n    POSTGRES_PASSWORD: " + password + "\n", check.Pedantic},
		{".github/workflows/ci.yml", "service-credential", "- env:\n    COVERALLS_TOKEN: " + secret + "\n", check.Pedantic},
		{".github/workflows/ci.yml", "gitlab-pat", "- run: a glpat-" + secret[:20] + "\n", check.Regular},
		{"deploy/docker-compose.yml", kindPassword, "    - DB_PASSWORD=" + password + "\n", check.Pedantic},
		{"compose.yaml", kindPassword, "      DB_PASSWORD: " + password + "\n", check.Pedantic},
		{"compose.yaml", "gitlab-pat", "      TOKEN: glpat-" + secret[:20] + "\n", check.Regular},
		{"deploy/composed.yaml", kindPassword, "      DB_PASSWORD: " + password + "\n", check.Regular},
	} {
		found := standard.found(check.NewDocument(c.path, "yaml", []byte(c.text), check.Revision{}))[c.kind]
		if len(found) == 0 || found[0].Persona != c.want {
			t.Errorf("%s: %q is %v, want %v", c.path, c.text, found, c.want)
		}
	}
}

// What a name makes a credential is none to everybody where the line or the value says that it opens nothing.
func TestOpensNothing(t *testing.T) {
	const secret, password = "hX9kLm2qRt7vWz4pYb3cNd8sFg5jKw6e", "Velvet9Harbor!41"
	for _, c := range []struct {
		path, language, kind, text string
		want                       check.Persona
	}{
		{"a.go", "go", kindSecret, "\t//api.Token(\"" + secret + "\")\n\t//apiToken := \"" + secret + "\"\n", check.Pedantic},
		{"a.go", "go", kindSecret, "\tapiToken := \"" + secret + "\" // of the build\n", check.Regular},
		{"a.yaml", "yaml", kindPassword, "# db_password: " + password + "\n", check.Pedantic},
		{"a.yaml", "yaml", kindPassword, "db_password: " + password + "\n", check.Regular},
		{"a.go", "go", kindSecret, "\treq.Header.Add(\"Authorization\", \"Basic YXV0aEhlYWRlcg==\")\n", check.Pedantic},
		{"a.go", "go", kindSecret, "\treq.Header.Add(\"Authorization\", \"Basic Ym9iOlZlbHZldDlIYXJib3IhNDE=\")\n", check.Regular},
		{"a.go", "go", kindPassword, "const usage = `\n   eg. secret_access_key='" + secret + "='\n`\n", check.Pedantic},
		{"secret.yaml", "yaml", kindPassword, "data:\n  ROOT_PASSWORD: dGVzdA==\n", check.Pedantic},
		{"secret.yaml", "yaml", kindPassword, "data:\n  ROOT_PASSWORD: VmVsdmV0OUhhcmJvciE0MQ==\n", check.Regular},
		{"a.json", "json", kindURL, "{\"uri\": \"mongodb://bob:" + password + "@127.0.0.1:27017/db\"}\n", check.Pedantic},
		{"a.json", "json", kindURL, "{\"uri\": \"mongodb://bob:" + password + "@db.acme.io:27017/db\"}\n", check.Regular},
		{"a.json", "json", kindURL, "{\"uri\": \"mongodb://bob:" + password + "@127.0.0.1.acme.io/db\"}\n", check.Regular},
		{"a.json", "json", kindSecret, "{\"uri\": \"mongodb://bob@localhost/?token=" + secret + "\"}\n", check.Pedantic},
		{"cpe.json", "json", kindSecret, "{\n  \"auth0-js\": [\n    \"cpe:2.3:a:auth0:auth0.js:*:*:*:*:*:node.js:*:*\"\n  ]\n}\n", check.Pedantic},
		{"Makefile", "makefile", kindSecret, "import:\n\tp11tool --write \"pkcs11:token=" + secret + ";pin-value=1234\"\n", check.Pedantic},
		{"ids.go", "go", kindSecret, "package p\n\nvar devices = []device{\n\t{ID: 0x0059, Name: \"MegaRAID SAS 8208ELP/8208ELP\"},\n}\n", check.Pedantic},
		{"cheats/server.md", "markdown", kindPassword, "PASSWORD='" + password + "' acme server pass\n", check.Pedantic},
		{"cheats/server.md", "markdown", "gitlab-pat", "TOKEN='glpat-" + secret[:20] + "' acme server pass\n", check.Regular},
		{"a.go", "go", "gitlab-pat", "\t// e.g.: glpat-" + secret[:20] + "\n", check.Pedantic},
		{"a.go", "go", "gitlab-pat", "\t// such as the example glpat-" + secret[:20] + "\n", check.Pedantic},
		{"a.go", "go", "gitlab-pat", "\t// the example has glpat-" + secret[:20] + "\n", check.Regular},
		{"a.go", "go", "gitlab-pat", "\tExample: \"glpat-" + secret[:20] + "\",\n", check.Regular},
		{"logo.png", "", "gitlab-pat", "\x89PNG\x00 glpat-" + secret[:20] + " ", check.Pedantic},
		{"setup.xml", "xml", kindSecret, "<ProductKey>\n\t<Key>2B87N-8KFHP-DKV6R-Y2C8J-PKCKT</Key>\n", check.Pedantic},
		{"setup.xml", "xml", kindSecret, "<AcmeToken>\n\t<Key>2B87N-8KFHP-DKV6R-Y2C8J-PKCKT</Key>\n", check.Regular},
		{"build.yaml", "yaml", kindService, "- name: 'docker.pkg.dev/coveralls/token:" + secret + "'\n", check.Pedantic},
	} {
		var found []check.Finding
		for kind, list := range standard.found(check.NewDocument(c.path, c.language, []byte(c.text), check.Revision{})) {
			if kind == c.kind || c.want == check.Pedantic && kind != kindPossible {
				found = append(found, list...)
			}
		}
		if len(found) == 0 || found[0].Persona != c.want {
			t.Errorf("%s: %q is %v, want %v", c.path, c.text, found, c.want)
		}
	}
}

// The key with which a page asks the search of a site is shown to everybody who opens it.
func TestSearchKey(t *testing.T) {
	const key = "hX9kLm2qRt7vWz4pYb3cNd8sFg5jKw6e"
	for text, want := range map[string]bool{"docs_search_api_key: " + key: false, "algolia_admin_api_key: " + key: true} {
		found := standard.found(check.NewDocument("config.yaml", "yaml", []byte(text+"\n"), check.Revision{}))
		delete(found, kindPossible)
		if len(found) > 0 != want {
			t.Errorf("%q: %v", text, found)
		}
	}
}

// A value that was filled in, typed without looking, encrypted, or is the name of a type, is none.
func TestMadeUp(t *testing.T) {
	const uuid = "1312c856-0e13-4b04-8c40-ac26d4a5f700"
	teams := func(group string) string {
		return "https://acme.webhook.office.com/webhookb2/" + group + "@" + uuid + "/IncomingWebhook/8c40ac26d4a5f7001312c8560e134b04/" + uuid
	}
	for text, want := range map[string]string{
		"url: " + teams("11111111-4444-4444-8444-cccccccccccc"): "",
		"url: " + teams(uuid):                                                    "microsoft-teams-webhook firm " + teams(uuid),
		"auth_token: 22222221-1c3d-4b04-8c40-ac26d4a5f700":                       "generic-api-key firm 22222221-1c3d-4b04-8c40-ac26d4a5f700",
		"auth_token: 22222222-1c3d-4b04-8c40-ac26d4a5f700":                       "",
		"auth_token: jflaksdjhflkashgdlfkajshdfgk":                               "",
		"auth_token: jflaksdjhflkwshgdlfkajshd8fgk2":                             "generic-api-key firm jflaksdjhflkwshgdlfkajshd8fgk2",
		"auth_token: amZsYWtzZGpoZmxrYXNoZ2RsZmthanNoZGZnaw==":                   "",
		"secret_key: 6PYXFRFUfoMNjWd2UmaaEjwHSWpifcLLTbEfhkwXdiSZ2n2WLfr75JpxmJ": "",
		"secret_key: 5PYXFRFUfoMNjWd2UmaaEjwHSWpifcLLTbEfhkwXdiSZ2n2WLfr75JpxmJ": "generic-api-key firm 5PYXFRFUfoMNjWd2UmaaEjwHSWpifcLLTbEfhkwXdiSZ2n2WLfr75JpxmJ",
		"account.password has_password:flags.2?true":                             "",
		"info saved_credentials:flags.14?PaymentSavedCredentials":                "",
		`{"auth":["aws.auth#sigv4"]}`:                                            "",
		`curl --header "Authorization: Token ACME_API_TOKEN" https://a.io`:       "",
		"racfUser: bob\nracfPassPhrase: initialracfpassphrase1234":               "",
	} {
		got := judgeText("a.yaml", text+"\n")
		if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := judgeText("a.go", "\t\"cn-zhangbei-na61-b01\": \"clickhouse.acme.io\",\n\t\"cn-zhangjiakou-na62-a01\": \"clickhouse.acme.io\",\n"); len(got) > 0 {
		t.Errorf("the next name in a map: %q", got)
	}
}

// The code of a test with several tokens tests what looks for them.
func TestSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	line := func() string { return expand("\t\"glpat-{b62:20}\",\n", r) }
	one := line()
	for _, c := range []struct {
		path, language, text string
		want                 check.Persona
	}{
		{"a_test.go", "go", line() + line() + line(), check.Pedantic},
		{"a_test.go", "go", line() + line(), check.Regular},
		{"a_test.go", "go", one + one + one, check.Regular},
		{"a_test.go", "go", line() + line() + expand("token := \"{jwt}\"\n", r), check.Regular},
		{"a.go", "go", line() + line() + line(), check.Regular},
		{"testdata/config.yaml", "yaml", line() + line() + line(), check.Regular},
	} {
		found := standard.found(check.NewDocument(c.path, c.language, []byte(c.text), check.Revision{}))["gitlab-pat"]
		if len(found) == 0 || found[0].Persona != c.want {
			t.Errorf("%s: %q: %v, want them for %v", c.path, c.text, found, c.want)
		}
	}
}

// An element of a list of many strings is data, unless it is one of many keys, or speaks for itself.
func TestAmongWords(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	list := func(n int, form, value string) string {
		var b strings.Builder
		b.WriteString("var words = []string{")
		for i := range 2 * n {
			if i == n {
				fmt.Fprintf(&b, "%q, ", value)
			}
			fmt.Fprintf(&b, "%q,\n", expand(form, r))
		}
		return b.String() + "}"
	}
	gcp, pat := expand("AIza{b62:35}", r), expand("glpat-{b62:20}", r)
	for _, c := range []struct {
		kind, text string
		want       check.Persona
	}{
		{"gcp-api-key", list(25, "business_profile", gcp), check.Pedantic},
		{"gcp-api-key", list(24, "business_profile", gcp), check.Regular},
		{"gcp-api-key", list(25, "{b62:30}", gcp), check.Regular},
		{"gcp-api-key", strings.ReplaceAll(list(25, "business_profile", gcp), ",\n", ": \"x\",\n"), check.Regular},
		{"gitlab-pat", list(25, "business_profile", pat), check.Regular},
	} {
		found := standard.found(check.NewDocument("a.go", "go", []byte(c.text), check.Revision{}))[c.kind]
		if len(found) != 1 || found[0].Persona != c.want {
			t.Errorf("%q: %v, want one for %v", c.text, found, c.want)
		}
	}
}

// What says where a secret is kept is none.
func TestReferences(t *testing.T) {
	uuid := "1312c856-0e13-4b04-8c40-ac26d4a5f700"
	for _, value := range []string{
		"credentialsJSON:" + uuid, "secret://prod/hX9kLm2qRt7v", "vault:secret/data/hX9kLm2qRt7v#key", "op://vault/hX9kLm2qRt7vWz4p/token", "ssm:/prod/hX9kLm2qRt7v",
		"projects/acme-1/secrets/hX9kLm2qRt7v", "${{ secrets.ACME_TOKEN }}", "ENC[AES256_GCM,data:hX9kLm2qRt7vWz4p,type:str]", "@Microsoft.KeyVault(SecretUri=hX9kLm2qRt7v)",
		"secretref:hx9klm2qrt7vwz4p", "aws-secretsmanager:hX9kLm2qRt7vWz4p", "gcpsm:hX9kLm2qRt7vWz4p", "keyring:hX9kLm2qRt7vWz4p", "sm://acme/hX9kLm2qRt7vWz4p", "{{resolve:secretsmanager:hX9kLm2qRt7v}}",
	} {
		for _, path := range []string{"a.kts", "a.yaml", ".env"} {
			for kind, found := range standard.found(check.NewDocument(path, "", []byte("authToken = \""+value+"\"\n"), check.Revision{})) {
				if kind != kindPossible {
					t.Errorf("%s: %s is a %s: %v", path, value, kind, found)
				}
			}
		}
	}
	for _, value := range []string{uuid, "json:hX9kLm2qRt7vWz4pYb3c", "smhX9kLm2qRt7vWz4pYb3c"} {
		if len(standard.found(check.NewDocument("a.kts", "", []byte("authToken = \""+value+"\"\n"), check.Revision{}))) == 0 {
			t.Errorf("%s is none", value)
		}
	}
}

func TestIsTest(t *testing.T) {
	for path, want := range map[string]bool{
		"api/token_test.go": true, "ci/scripts/wiremock.p12": true, "caddytest/a.localhost.key": true, "vault/testing.go": true, "jose-util/test-keys/rsa.key": true, "ssl/samplecerts/ca.pem": true,
		"integration/fixtures-expired/key.pem": true, "certs/server.key.insecure": true, "ssl-cert-snakeoil.key": true, "util/util.t": true, "hack/certs/a.key": true,
		"cmd/integration-test/main.go": true, "a/dummyKeys.json": true, "src/x.spec.ts": true, "tls/test_key.pem": true, "spec/api.json": true, "pkg/e2eutil/util.go": true, "t/t-credentials.sh": true, "pkg/fuzz/jar.go": true, "a/Login.story.tsx": true, "chart/ci/tls-values.yaml": true,
		".devcontainer/docker-compose.yml": true,
		"test.sh":                          false, "latest/config.yaml": false, "internal/contest/a.go": false, "integrations/slack.go": false, "certs/server.key": false, "podspec.yaml": false,
		"src/main/java/com/example/demo/App.java": false, "manifest.json": false, "cmd/attest.go": false, "deploy/prod.env": false, "ci/deploy.yaml": false,
	} {
		if isTest(path) != want {
			t.Errorf("%s is a test's: %v", path, !want)
		}
	}
}

// What documentation in the code shows is how a call is written.
func TestDocumentationInCode(t *testing.T) {
	key := expand("{b62:32}", rand.New(rand.NewPCG(7, 7)))
	for text, want := range map[string]string{
		"def f():\n    \"\"\"Log in.\n\n    >>> login(api_key='" + key + "')\n    \"\"\"\n": "tentative",
		"api_key = '" + key + "'\n":                              "firm",
		"TEXT = \"\"\"\napi_key = '" + key + "'\n\"\"\"\n":       "firm",
		"'''Docs.'''\napi_key = '" + key + "'\n\"\"\"End.\"\"\"": "firm",
	} {
		if got := judgeText("a.py", text); !slices.Equal(got, []string{"generic-api-key " + want + " " + key}) {
			t.Errorf("%q: %q, want %s", text, got, want)
		}
	}
	for _, c := range []struct{ path, text, want string }{
		{"README.md", "export ACME_API_KEY=" + key, "tentative"},
		{"runbook.md", "export ACME_API_KEY=" + key, "firm"},
		{"acme.toml", "Example = '''\nACME_API_KEY=" + key + " \\\nacme run\n'''\n", "tentative"},
		{"acme.toml", "Example = '''\nacme run\n'''\n\nacme_api_key = \"" + key + "\"\n", "firm"},
		{"cmd.go", "Usage: `Log in:\n  acme --api-key=" + key + " \n`,\n", "tentative"},
		{"api.yaml", "content:\n  examples:\n    login:\n      access_token: " + key + "\n", "tentative"},
		{"api.yaml", "examples:\n  login: x\nclient:\n  access_token: " + key + "\n", "firm"},
		{"a.go", "// Upon success, it responds with \"Session Token-> AuthToken: " + key + " <- for a user.\n", "tentative"},
		{"a.go", "// var apiKey string = \"" + key + "\"\n", "firm"},
		{"a.go", "// It looks something like this:\n// api_key=" + key + "\n", "tentative"},
		{"a.go", "// Format:\n// api_key=" + key + "\n", "tentative"},
		{"a.go", "const setExample = templates.Examples(i18n.T(`\n\tacme set --api-key=" + key + " \n`))\n", "tentative"},
		{"a.go", "\tLong: `Sign ` + brand + ` bundles.\n\tapi_key=" + key + " \n`,\n", "tentative"},
		{"a.go", "\tLong: `Sign.` + brand\n}\nvar x = `\n\tapi_key=" + key + " \n`\n", "firm"},
		{"a.go", "// Event is sent:\n//\n//\t{\n//\t\tapi_key=" + key + "\n//\t}\ntype Event struct{}\n", "tentative"},
		{"a.go", "// Event is sent:\n//\n//\t{\n//\t\tapi_key=" + key + "\n//\t}\n\nfunc f() {}\n", "firm"},
		{"a.go", "// Event is sent.\n// api_key=" + key + "\ntype Event struct{}\n", "firm"},
		{"a.go", "/*\nIt looks like the following:\n\n\tapi_key=" + key + "\n*/\npackage a\n", "tentative"},
		{"a.go", "/* It looks like the following: */\nvar api_key = \"" + key + "\"\n", "firm"},
		{"api.json", "{\n  \"description\": \"Send api_key=" + key + " with it.\"\n}\n", "tentative"},
		{"api.yaml", "- description: |-\n    Send it:\n    api_key=" + key + "\n", "tentative"},
		{"patch.yaml", "- op: add\n  path: /paths/~1whoami/parameters/1/example\n  value: api_key=" + key + "\n", "tentative"},
		{"patch.yaml", "- op: add\n  path: /paths/keys/1\n  value: api_key=" + key + "\n", "firm"},
	} {
		if got := judgeText(c.path, c.text); !slices.Equal(got, []string{"generic-api-key " + c.want + " " + key}) {
			t.Errorf("%s %q: %q, want %s", c.path, c.text, got, c.want)
		}
	}
	if got := judgeText("a.js", "/**\n * @example\n * login({apiKey: '"+key+"'})\n */\n"); !slices.Equal(got, []string{"generic-api-key tentative " + key}) {
		t.Errorf("in JSDoc: %q", got)
	}
}

// A checksum, or the structure of a token, proves it.
func TestCertain(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	body := expand("{b62:30}", r)
	for i := range 2 {
		token := "gho_" + body + "000000"
		want := "github-oauth firm "
		if i == 1 {
			token = "gho_" + body + checksumOf(body)
			want = "github-oauth certain "
		}
		if got := judgeText("a.txt", token); !slices.Equal(got, []string{want + token}) {
			t.Errorf("%q", got)
		}
	}
	jwt := "eyJhbGciOiJIUzI1NiJ9." + "eyJpc3MiOiJhY21lIiwiZXhwIjoxfQ" + "." + expand("{b62:43}", r)
	if got := judgeText("a.txt", jwt); !slices.Equal(got, []string{"jwt certain " + jwt}) {
		t.Errorf("%q", got)
	}
	if readJWT("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x") != jwtExample || readJWT("eyJ.eyJ.x") != jwtBroken {
		t.Error("an example, or no token, is taken for a real one")
	}
}

func checksumOf(body string) string {
	sum, digits := crc(body), make([]byte, 6)
	for i := 5; i >= 0; i-- {
		digits[i] = base62[sum%62]
		sum /= 62
	}
	return string(digits)
}

// crc is CRC-32 bit by bit, for the test to be another program than the code.
func crc(s string) uint32 {
	c := ^uint32(0)
	for _, b := range []byte(s) {
		c ^= uint32(b)
		for range 8 {
			c = c>>1 ^ 0xedb88320*(c&1)
		}
	}
	return ^c
}

// Each token form is found by its own sample, at the place of the secret, and
// what is said of it does not hold it. The samples follow the expressions.
func TestTokens(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	ids := map[string]bool{}
	for _, tok := range tokens {
		tree, err := syntax.Parse(tok.regex, syntax.Perl)
		if err != nil {
			t.Fatal(tok.id, err)
		}
		found := 0
		for range 5 {
			var b strings.Builder
			sample(&b, tree, r)
			text := "discord = '" + b.String() + "'\n"
			for _, g := range judgeText("a.txt", text) {
				if _, secret, _ := strings.Cut(g, "firm "); strings.Contains(b.String(), strings.TrimSpace(secret)) {
					found++
				}
			}
		}
		if found < 4 {
			t.Errorf("%s: %d of 5 samples were found", tok.id, found)
		}
		if !strings.HasPrefix(tok.source, "https://") || tok.severity == 0 {
			t.Errorf("%s has no source or severity", tok.id)
		}
		ids[tok.id] = true
	}
	for id := range documented {
		if !ids[id] {
			t.Errorf("%s is documented, but there is no such token", id)
		}
	}
}

// sample writes a random text that an expression matches.
func sample(b *strings.Builder, re *syntax.Regexp, r *rand.Rand) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			b.WriteRune(c)
		}
	case syntax.OpCharClass:
		var all []rune
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= min(re.Rune[i+1], 0x7e); c++ {
				all = append(all, c)
			}
		}
		b.WriteRune(all[r.IntN(len(all))])
	case syntax.OpConcat:
		for _, s := range re.Sub {
			sample(b, s, r)
		}
	case syntax.OpAlternate:
		sample(b, re.Sub[r.IntN(len(re.Sub))], r)
	case syntax.OpCapture:
		sample(b, re.Sub[0], r)
	case syntax.OpQuest:
		if r.IntN(2) == 0 {
			sample(b, re.Sub[0], r)
		}
	case syntax.OpRepeat, syntax.OpPlus, syntax.OpStar:
		n := max(re.Min, 1)
		if re.Op == syntax.OpRepeat && re.Max > n {
			n += r.IntN(min(re.Max-n, 8) + 1)
		}
		for range n {
			sample(b, re.Sub[0], r)
		}
	}
}

// No message, title or page holds a secret, whatever the text holds.
func TestMessagesHoldNoSecret(t *testing.T) {
	text := expand("MAILJET=\"{hex32}\"\npassword = 'hX9!kLm2@q'\nhttps://a:{b62:20}@b.io\nglpat-{b62:20}\n", rand.New(rand.NewPCG(9, 9)))
	d := check.NewDocument("a.txt", "", []byte(text), check.Revision{})
	n := 0
	for _, findings := range standard.found(d) {
		for _, f := range findings {
			n++
			if strings.Contains(f.Message, d.Text(f.Location.Range)) || len(f.Related) > 0 || len(f.Fixes) > 0 {
				t.Errorf("%s shows the secret", f.Message)
			}
		}
	}
	if n < 4 {
		t.Errorf("only %d findings", n)
	}
}

func TestConfiguration(t *testing.T) {
	toml := `
[extend]
useDefault = true
disabledRules = ["gitlab-pat"]
[[rules]]
id = "Acme Token"
description = "An Acme token."
regex = '''acme_[0-9a-f]{16}'''
keywords = ["ACME_"]
`
	text := expand("acme_{hex16} glpat-{b62:20}", rand.New(rand.NewPCG(2, 2)))
	ids := func(opts Options) (found []string, warnings []string) {
		checks, warnings, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		d := check.NewDocument("a.txt", "", []byte(text), check.Revision{})
		for _, c := range checks {
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			c.Run(t.Context(), &check.Pass{Check: c, Document: d, Report: func(check.Finding) { found = append(found, c.ID) }})
		}
		return found, warnings
	}
	got, warnings := ids(Options{Gitleaks: []byte(toml), Path: ".gitleaks.toml"})
	if !slices.Equal(got, []string{"secrets/acme-token"}) || len(warnings) > 0 {
		t.Errorf("%q %q", got, warnings)
	}
	// Without [extend] the defaults are gone, and that is said.
	got, warnings = ids(Options{Gitleaks: []byte(toml[strings.Index(toml, "[[rules]]"):]), Path: ".gitleaks.toml", Compat: true})
	if !slices.Equal(got, []string{"secrets/acme-token"}) || len(warnings) != 1 || !strings.Contains(warnings[0], "useDefault") {
		t.Errorf("%q %q", got, warnings)
	}
	if got, _ = ids(Options{}); !slices.Equal(got, []string{"secrets/gitlab-pat"}) {
		t.Errorf("%q", got)
	}
}

// Where gitleaks is wrong we deviate, and with Compat we do not.
func TestDeviations(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct{ name, path, text string }{
		{"a secret with false in it", "a.txt", expand("glpat-{b62:8}false{b62:7}", r)},
		{"a secret that ends in null", "a.txt", expand("glpat-{b62:16}null", r)},
		{"a list of paths", "src/jquery-config.js", expand("glpat-{b62:20}", r)},
		{"a list of paths, absolute", "home/u/venv/lib/x.py", expand("glpat-{b62:20}", r)},
	} {
		for _, compat := range []bool{false, true} {
			checks, _, err := New(Options{Compat: compat})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			d := check.NewDocument(c.path, "", []byte(c.text), check.Revision{})
			for _, k := range checks {
				k.Run(t.Context(), &check.Pass{Check: k, Document: d, Report: func(check.Finding) { n++ }})
			}
			if want := map[bool]int{false: 1, true: 0}[compat]; n != want {
				t.Errorf("%s, compat %v: %d findings", c.name, compat, n)
			}
		}
	}
}

// Whatever the text, ranges lie in it, and no two findings share a byte.
func FuzzFound(f *testing.F) {
	f.Add("a.env", "STRIPE_KEY='x' password: \"\\\"a\\\"\" https://a:b@c?key=v <key>a</key>\n<string>b</string>")
	f.Add(".npmrc", "_auth=YTpi\nmailgun.New(\"a\", 'b') value: |\n  x")
	f.Add("a.yaml", "token: >-\n  abc\nBearer [\"a\"] []byte(\"k\") # heroku key")
	f.Fuzz(func(t *testing.T, path, text string) {
		d := check.NewDocument(path, "", []byte(text), check.Revision{})
		var all []check.Range
		for _, findings := range standard.found(d) {
			for _, g := range findings {
				r := g.Location.Range
				if r.Start < 0 || r.Start > r.End || r.End > len(text) {
					t.Fatalf("%v of %d bytes", r, len(text))
				}
				all = append(all, r)
			}
		}
		slices.SortFunc(all, func(a, b check.Range) int { return a.Start - b.Start })
		for i := 1; i < len(all); i++ {
			if all[i].Overlaps(all[i-1]) {
				t.Fatalf("%v overlaps %v", all[i], all[i-1])
			}
		}
	})
}

// Time per byte must not grow with the text, whatever it holds.
func BenchmarkHostile(b *testing.B) {
	for name, unit := range map[string]string{
		"names": "stripe_token_", "values": "token=", "quotes": "key=\"", "escapes": "token=\\\"", "spaces": "password   ", "urls": "a://b:c",
		"sections": "key: a\n", "lines": "\n  key:\n", "literals": "mailgun 'a' ",
	} {
		for _, n := range []int{1 << 16, 1 << 20} {
			text := []byte(strings.Repeat(unit, n/len(unit)))
			b.Run(fmt.Sprintf("%s-%dK", name, n>>10), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					standard.found(check.NewDocument("a.env", "", text, check.Revision{}))
				}
			})
		}
	}
}
