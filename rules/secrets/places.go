package secrets

import (
	"bytes"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A linePattern is a password or key whose line says what it is: the arguments of
// a call by their positions, those of a command, a connection string.
type linePattern struct {
	words   string // separated by spaces: a line must have one of them for the expression to be tried on it
	before  string // the characters of which one stands before the word; "" for any
	needs   string // what else such a line has; "" for nothing
	list    bool   // it is about the lines that follow, too
	pattern *engine.Regexp
	kind    string
	message string
	accepts func(value string) bool
	certain bool // what it accepts is proven
}

// maxCommand is how much of a line is looked at on either side of such a word:
// what a person writes in one.
const maxCommand = 500

// guesses looks at the line, or at its part around the word at an offset. Up to
// the offset next it needs not be looked at again.
func (p *linePattern) guesses(text []byte, at int) (found []guess, next int) {
	if p.before != "" && (at == 0 || strings.IndexByte(p.before, text[at-1]) < 0) {
		return nil, at
	}
	start, end := lineStart(text, at, maxCommand), min(len(text), at+4*maxCommand)
	next = end - maxCommand
	if n := bytes.IndexByte(text[at:end], '\n'); n >= 0 && !p.list {
		end = at + n + 1 // for $ to see it
		next = end
	}
	if !bytes.Contains(text[start:end], []byte(p.needs)) {
		return nil, next
	}
	for _, m := range p.pattern.FindAllSubmatchIndex(text[start:end]) {
		value := check.Range{Start: start + m[2], End: start + m[3]}
		if p.accepts(string(text[value.Start:value.End])) {
			g := guess{kind: p.kind, value: value, confidence: check.Firm, message: p.message}
			if p.certain {
				g.confidence = check.Certain
			}
			found = append(found, g)
		}
	}
	return found, next
}

// linePatterns are by what they are about.
var linePatterns = slices.Concat(
	linesOf(kindPassword, "Password of a command", commandPassword,
		linePattern{words: "getconnection(", pattern: engine.NewRegexp(`\bgetConnection\([^()\n]{1,300},[ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"[ \t]*\)`)},
		linePattern{words: "credential credentials", pattern: engine.NewRegexp(`\b(?:NetworkCredential|UsernamePasswordCredentials|NTCredentials|UsernamePasswordCredential|PSCredential)\([ \t]*["'][^"'\n]{0,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "basic", pattern: engine.NewRegexp(`\b(?:Set[Bb]asic[Aa]uth|setBasicAuth|HTTPBasicAuth|basic_auth|BasicAuth|basicAuth|Credentials\.basic|BasicAWSCredentials|BasicScheme)\([ \t]*["'][^"'\n]{0,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "passwordauthentication(", pattern: engine.NewRegexp(`\bPasswordAuthentication\([ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"`)},
		linePattern{words: "plainauth(", pattern: engine.NewRegexp(`\bPlainAuth\([ \t]*"[^"\n]{0,100}",[ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"`)},
		linePattern{words: "login(", before: ".", pattern: engine.NewRegexp(`\.login\([ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "auth=(", pattern: engine.NewRegexp(`\bauth[ \t]*=[ \t]*\([ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "pdo(", pattern: engine.NewRegexp(`\bnew PDO\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "mysqli", pattern: engine.NewRegexp(`\bmysqli(?:_connect)?\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "password-stdin", pattern: engine.NewRegexp(`\b(?:echo|printf)[ \t]+(?:-n[ \t]+)?(?:'%s' )?["']?([^\s"'|]{6,200})["']?[ \t]*\|[^\n]{0,100}--password-stdin`)},
		linePattern{words: "chpasswd", list: true, pattern: engine.NewRegexp(`(?m)(?:^[ \t-]{2,20}|\becho[ \t]+["']?)[\w.-]{1,40}:([^\s"'|:]{6,100})["']?[ \t]*(?:\|[^\n]{0,40}chpasswd|$)`)},
		linePattern{words: "login", before: " \t", needs: "-p", pattern: engine.NewRegexp(`\b(?:docker|podman|nerdctl|buildah|skopeo|oras|crane|helm registry)[ \t]+login\b[^\n|;]{0,200}?[ \t]-p[ \t=]?["']?([^\s"']{6,200})`)},
		// Python's paramiko, and Perl's DBI.
		linePattern{words: "connect(", before: ".>", pattern: engine.NewRegexp(`\bconnect\([^()\n]{1,120},[ \t]*(?:\d{1,5},[ \t]*)?["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "user:", before: "/", pattern: engine.NewRegexp(`(?i:\bnet[ \t]+use\b)[^\n]{0,200}?/user:[^\s]{1,100}[ \t]+["']?([^\s"'*/]{6,200})`)},
		linePattern{words: "sshpass", pattern: engine.NewRegexp(`\bsshpass[ \t]+-p[ \t]*["']?([^\s"']{6,200})`)},
		linePattern{words: "mysql mysqldump mysqladmin mysqlimport mysqlshow", needs: "-p", pattern: engine.NewRegexp(`\bmysql(?:dump|admin|import|show)?\b[^\n|;]{0,200}?[ \t]-p["']?([^\s"'-][^\s"']{5,200})`)},
		linePattern{words: "curl", needs: "-u", pattern: engine.NewRegexp(`\bcurl\b[^\n|;]{0,300}?[ \t](?:-u|--user)[ \t=]?["']?[^\s"':]{0,100}:([^\s"']{6,200})`)},
		linePattern{words: "convertto-securestring", needs: "-AsPlainText", pattern: engine.NewRegexp(`ConvertTo-SecureString[ \t]+(?:-AsPlainText[ \t]+)?(?:-String[ \t]+)?["']([^"'\n]{6,200})["']`)},
	),
	linesOf(kindPassword, "Password that is an argument", commandPassword,
		// PHP: the third argument, or the second of those that have a connection first.
		linePattern{words: "mysql_connect( mysql_pconnect( ftp_login( ssh2_auth_password( ldap_bind( imap_open( odbc_connect( ibase_connect(",
			pattern: engine.NewRegexp(`\b(?:mysql_p?connect|ftp_login|ssh2_auth_password|ldap_bind|imap_open|odbc_connect|ibase_connect)\([^(),\n]{1,200},[ \t]*["'][^"'\n]{1,200}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "oci_connect( oci_pconnect( oci_new_connect(", pattern: engine.NewRegexp(`\boci_(?:p|new_)?connect\([ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		// Python: ftplib and python-ldap.
		linePattern{words: "ftp( ftp_tls(", pattern: engine.NewRegexp(`\bFTP(?:_TLS)?\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "simple_bind( simple_bind_s( bind_s(", pattern: engine.NewRegexp(`\b(?:simple_)?bind(?:_s)?\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		// Ruby: Net::HTTP, and Net::SMTP with the domain before.
		linePattern{words: "basic_auth", pattern: engine.NewRegexp(`\bbasic_auth[ \t]+["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		// Go: golang.org/x/crypto/ssh.
		linePattern{words: "password(", before: ".", pattern: engine.NewRegexp(`\bssh\.Password\([ \t]*"([^"\n]{6,200})"\)`)},
		// Java: key stores take their passwords as arrays.
		linePattern{words: "tochararray(", before: ".", pattern: engine.NewRegexp(`\.(?:load|init|store|getKey|setKeyEntry|PasswordProtection)\([^()\n]{0,120}?[ \t]*"([^"\n]{6,100})"\.toCharArray\(`)},
	),
	linesOf(kindPassword, "Password of a command", commandPassword,
		// OpenLDAP's, Microsoft's and Sybase's, Redis', MongoDB's, Mosquitto's and Samba's clients.
		linePattern{words: "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapcompare", pattern: engine.NewRegexp(`\bldap[a-z]{3,7}\b[^\n|;]{0,300}?[ \t]-w[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "sqlcmd bcp osql isql tsql", pattern: engine.NewRegexp(`\b(?:sqlcmd|bcp|[oit]sql)\b[^\n|;]{0,300}?[ \t]-P[ \t]*["']?([^\s"']{6,200})`)},
		linePattern{words: "redis-cli", pattern: engine.NewRegexp(`\bredis-cli\b[^\n|;]{0,200}?[ \t](?:-a|--pass)[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "mongo mongosh mongodump mongorestore mongoexport mongoimport", pattern: engine.NewRegexp(`(?:^|[\s;&|("])mongo(?:sh|dump|restore|export|import)?[ \t][^\n|;]{0,300}?[ \t]-p[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "mosquitto_pub mosquitto_sub", pattern: engine.NewRegexp(`\bmosquitto_[ps]ub\b[^\n|;]{0,300}?[ \t](?:-P|--pw)[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "smbclient rpcclient", pattern: engine.NewRegexp(`\b(?:smb|rpc)client\b[^\n|;]{0,300}?[ \t]-U[ \t]*["']?[^\s"'%]{1,100}%([^\s"']{6,200})`)},
		linePattern{words: "lftp ncftpget ncftpput", pattern: engine.NewRegexp(`\blftp\b[^\n|;]{0,200}?[ \t]-u[ \t]+["']?[^\s"',]{1,100},([^\s"']{6,200})`)},
		linePattern{words: "sqlplus expdp impdp sqlldr", pattern: engine.NewRegexp(`\b(?:sqlplus|expdp|impdp|sqlldr)[ \t]+(?:-\w+[ \t]+)*["']?[\w$]{1,60}/([^\s"'/@]{6,100})@`)},
		linePattern{words: "rabbitmqctl", pattern: engine.NewRegexp(`\brabbitmqctl\b[^\n|;]{0,80}?[ \t](?:add_user|change_password)[ \t]+["']?[^\s"']{1,100}["']?[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "htpasswd", pattern: engine.NewRegexp(`\bhtpasswd[ \t]+(?:-\w+[ \t]+)*-\w*b\w*[ \t]+(?:-\w+[ \t]+)*[^\s]{1,200}[ \t]+[^\s-][^\s]{0,100}[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "openssl", pattern: engine.NewRegexp(`\bopenssl\b[^\n|;]{0,300}?[ \t]-pass(?:in|out)?[ \t]+["']?pass:([^\s"']{6,200})`)},
		linePattern{words: "zip unzip", pattern: engine.NewRegexp(`\b(?:un)?zip[ \t]+(?:-[\w=]+[ \t]+){0,6}?-P[ \t]*["']?([^\s"']{6,200})`)},
		linePattern{words: "7z 7za 7zr rar unrar", pattern: engine.NewRegexp(`\b(?:7z[ar]?|(?:un)?rar)[ \t]+[axetl]\b[^\n|;]{0,200}?[ \t]-(?:hp|p)["']?([^\s"']{6,200})`)},
		// Windows: net user, cmdkey, scheduled tasks, PsExec, FreeRDP.
		linePattern{words: "user", before: " \t", pattern: engine.NewRegexp(`(?i:\bnet[ \t]+user)[ \t]+["']?[\w.-]{1,60}["']?[ \t]+["']?([^\s"'/*]{6,200})["']?[ \t]*(?i:/add|/y|\r?$|\n)`)},
		linePattern{words: "net", pattern: engine.NewRegexp(`(?i:\bnet[ \t]+use)[ \t]+[^\n]{0,20}?\\\\[^\s]{1,200}[ \t]+["']?([^\s"'/*-][^\s"'/]{5,200})["']?[ \t]+(?i:/user:)`)},
		linePattern{words: "cmdkey", pattern: engine.NewRegexp(`(?i:\bcmdkey\b)[^\n]{0,200}?(?i:/pass:)["']?([^\s"']{6,200})`)},
		linePattern{words: "schtasks", pattern: engine.NewRegexp(`(?i:\bschtasks\b)[^\n]{0,400}?(?i:[ \t]/rp)[ \t]+["']?([^\s"'/*]{6,200})`)},
		linePattern{words: "psexec psexec64", pattern: engine.NewRegexp(`(?i:\bpsexec)[^\n]{0,200}?[ \t]-p[ \t]+["']?([^\s"']{6,200})`)},
		linePattern{words: "xfreerdp wlfreerdp", pattern: engine.NewRegexp(`\b(?:x|wl)freerdp\b[^\n|;]{0,300}?[ \t]/p:["']?([^\s"']{6,200})`)},
		// Kickstart's root password; what expect sends when it is asked for one.
		linePattern{words: "rootpw", pattern: engine.NewRegexp(`(?m)^[ \t]*rootpw[ \t]+(?:--plaintext[ \t]+)?["']?([^\s"'-][^\s"']{5,200})["']?[ \t]*$`)},
		linePattern{words: "expect", needs: "send", list: true, pattern: engine.NewRegexp(`\bexpect\b[^\n]{0,80}?ass(?:word|phrase|code)[^\n]{0,40}?\s{1,20}(?:send|exp_send)[ \t]+(?:-- )?"([^"\s\\]{6,100})\\[rn]"`)},
		// IDENTIFIED BY without quotes, as Oracle has it.
		linePattern{words: "identified", pattern: engine.NewRegexp(`(?i:\bidentified[ \t]+by)[ \t]+([A-Za-z][\w$#]{7,60})\b`)},
	),
	linesOf(kindSecret, "Key that is given to curl as a user", randomKey,
		// As many services take it: curl -u KEY: https://...
		linePattern{words: "curl", needs: "-u", pattern: engine.NewRegexp(`\bcurl\b[^\n|;]{0,300}?[ \t](?:-u|--user)[ \t=]?["']?([\w.~+/=-]{16,200}):(?:x|X|["']?(?:\s|$))`)},
	),
	linesOf(kindMnemonic, "Mnemonic of a wallet", isMnemonic,
		linePattern{words: "mnemonic mnemonics seedphrase phrase recovery_words", list: true, certain: true,
			pattern: engine.NewRegexp(`(?i:mnemonics?|phrase|words)["']?[^\n"'=:(]{0,40}[=:(][\s|>-]{0,20}["'` + "`" + `]?((?:[a-z]{3,8}[ \t]{1,3}){11,23}[a-z]{3,8})(?:["'` + "`" + `\s,;)]|$)`)},
	),
	linesOf(kindConnection, "Password in a connection string", connectionPassword,
		// Go's MySQL driver: user:password@tcp(host:3306)/name.
		linePattern{words: "tcp( unix(", before: "@", pattern: engine.NewRegexp(`[\w.$-]{1,64}:([^\s"'` + "`" + `:/]{4,100})@(?:tcp|unix)\(`)},
		// Oracle's JDBC driver: jdbc:oracle:thin:user/password@host.
		linePattern{words: "jdbc:oracle:", pattern: engine.NewRegexp(`jdbc:oracle:(?:thin|oci):[\w.$-]{1,64}/([^@\s"'` + "`" + `]{4,100})@`)},
		// Snowflake's Go driver: user:password@account/database.
		linePattern{words: "snowflake", pattern: engine.NewRegexp(`(?i:snowflake)[^\n]{0,60}?["'` + "`" + `][\w.$-]{1,64}:([^@\s"'` + "`" + `:/]{6,100})@[\w.-]{3,100}/`)},
	),
)

func linesOf(kind, message string, accepts func(string) bool, patterns ...linePattern) []linePattern {
	for i := range patterns {
		patterns[i].kind, patterns[i].message, patterns[i].accepts = kind, message, accepts
	}
	return patterns
}

// commandPassword reports whether a value could be a password where only its
// position says that it is one.
func commandPassword(value string) bool {
	nature := natureOf(value)
	kinds, _, letters := classes(value)
	return nature == natureRandom || nature == natureUUID ||
		nature == natureText && kinds >= 2 && letters > 0 && len(value) >= 8 && !leet(value) && (!identifier(value) || chosen(value) || wordAndNumber(value))
}

func connectionPassword(value string) bool {
	nature := natureOf(value)
	kinds, _, _ := classes(value)
	return nature == natureRandom ||
		nature == natureText && kinds >= 2 && len(value) >= 6 && !leet(value) && !trivial[strings.ToLower(value)] && !strings.ContainsAny(value, "%{}$")
}

func randomKey(value string) bool {
	nature := natureOf(value)
	return nature == natureRandom || nature == natureUUID
}
