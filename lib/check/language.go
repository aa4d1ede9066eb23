package check

import (
	"bytes"
	"path"
	"strings"
)

// byName and byExtension give the LSP language identifiers of files that checks
// ask for (LSP 3.18, TextDocumentItem; for formats that LSP does not list, the
// identifier that VS Code's extensions use).
var (
	byName = map[string]string{
		"dockerfile": "dockerfile", "containerfile": "dockerfile",
		"makefile": "makefile", "gnumakefile": "makefile",
		"go.mod": "go.mod", "go.sum": "go.sum", "go.work": "go.work",
		".bashrc": "shellscript", ".profile": "shellscript", ".zshrc": "shellscript",
		".npmrc": "properties", ".netrc": "properties", ".pypirc": "ini",
		".gitignore": "ignore", ".dockerignore": "ignore",
		"jenkinsfile": "groovy", "gemfile": "ruby", "rakefile": "ruby",
	}
	byExtension = map[string]string{
		".go": "go", ".py": "python", ".pyi": "python", ".rb": "ruby", ".rs": "rust", ".java": "java",
		".kt": "kotlin", ".kts": "kotlin", ".c": "c", ".h": "c", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp",
		".cs": "csharp", ".php": "php", ".swift": "swift", ".scala": "scala", ".pl": "perl", ".lua": "lua",
		".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
		".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
		".vue": "vue", ".html": "html", ".htm": "html", ".css": "css", ".scss": "scss",
		".json": "json", ".jsonc": "jsonc", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".xml": "xml",
		".ini": "ini", ".cfg": "ini", ".conf": "properties", ".properties": "properties", ".env": "dotenv",
		".md": "markdown", ".tf": "terraform", ".tfvars": "terraform-vars", ".hcl": "hcl",
		".sh": "shellscript", ".bash": "shellscript", ".zsh": "shellscript", ".ps1": "powershell",
		".dockerfile": "dockerfile", ".sql": "sql", ".proto": "proto", ".tmpl": "gotmpl", ".gotmpl": "gotmpl",
	}
	byInterpreter = map[string]string{
		"sh": "shellscript", "bash": "shellscript", "dash": "shellscript", "zsh": "shellscript", "ksh": "shellscript",
		"python": "python", "python3": "python", "node": "javascript", "ruby": "ruby", "perl": "perl",
	}
)

// LanguageOf finds the LSP language identifier of a file by its name, then by
// its extension, then by a "#!" line; "" if none says. content may be nil.
func LanguageOf(name string, content []byte) string {
	base := strings.ToLower(path.Base(name))
	if l, ok := byName[base]; ok {
		return l
	}
	if strings.HasPrefix(base, "dockerfile.") || strings.HasPrefix(base, "containerfile.") {
		return "dockerfile"
	}
	if strings.HasPrefix(base, ".env.") {
		return "dotenv"
	}
	if l, ok := byExtension[path.Ext(base)]; ok {
		return l
	}
	if line, ok := bytes.CutPrefix(content, []byte("#!")); ok {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		fields := strings.Fields(string(line[:min(len(line), 200)]))
		if len(fields) > 1 && path.Base(fields[0]) == "env" {
			fields = fields[1:]
		}
		if len(fields) > 0 {
			return byInterpreter[path.Base(fields[0])]
		}
	}
	return ""
}
