// Drives the packaged extension in a real VS Code, served by code-server and
// shown in a real browser:
//
//	node test/session.mjs CODE_SERVER VSIX [SCREENSHOTS]
//
// CODE_SERVER is the folder that scripts/install-code-server.sh filled. With a
// third argument, screenshots are written to that folder. Prints what it sees,
// and ends with status 1 at the first thing that is not as it should be.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [codeServer, vsix, screenshots] = process.argv.slice(2).map((argument) => resolve(argument));
const here = resolve(fileURLToPath(import.meta.url), "..");
const patience = 30_000;

const files = {
  "go.mod": "module example.com/partner\n\ngo 1.26\n",
  "client.go": `package partner

import (
	"crypto/tls"
	"net/http"
)

// client connects to a partner.
func client() *http.Client {
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "partner.example.com"}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}
`,
  "old.go": `package partner

import "crypto/tls"

var old = &tls.Config{InsecureSkipVerify: true}
`,
  "accounts/accounts.go": `package accounts

import "database/sql"

type Store struct{ DB *sql.DB }

// ByName finds the accounts of a customer.
func (s *Store) ByName(name string) (*sql.Rows, error) {
	return s.DB.Query("SELECT * FROM accounts WHERE name = '" + name + "'")
}
`,
  "web/web.go": `package web

import (
	"net/http"

	"example.com/partner/accounts"
)

const nobody = "nobody"

type Server struct{ Accounts *accounts.Store }

func (s *Server) account(w http.ResponseWriter, r *http.Request) {
	name := nobody
	rows, err := s.Accounts.ByName(name)
	if err != nil {
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	defer rows.Close()
}
`,
  ".peercheck.yaml": "",
  // Put together, so that it stands in no file of this repository.
  "settings.py": `TOKEN = "gh${"p_3iZbJ8sYwLqR5tXvK2nM7pQ9cD4fG6hA1eB0"}"\n`,
};

const scratch = mkdtempSync(join(tmpdir(), "peercheck-vscode-"));
const workspace = join(scratch, "partner");
const userData = join(scratch, "user");
mkdirSync(workspace);
mkdirSync(join(userData, "User"), { recursive: true });
for (const [name, text] of Object.entries(files)) {
  mkdirSync(dirname(join(workspace, name)), { recursive: true });
  writeFileSync(join(workspace, name), text);
}
const git = (...args) => execFileSync("git", ["-C", workspace, "-c", "user.name=A", "-c", "user.email=a@example.com", ...args]);
git("init", "-q");
git("add", "go.mod", "old.go", ".peercheck.yaml");
git("commit", "-q", "-m", "first");

const settings = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "editor.hover.delay": 100,
  "editor.minimap.enabled": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "git.openRepositoryInParentFolders": "never",
  "window.commandCenter": false,
  "workbench.colorTheme": "Default Light Modern",
  "chat.commandCenter.enabled": false,
};
writeFileSync(join(userData, "User", "settings.json"), JSON.stringify(settings));

const program = join(codeServer, "node_modules", ".bin", "code-server");
const common = ["--user-data-dir", userData, "--extensions-dir", join(scratch, "extensions"), "--config", join(scratch, "config.yaml")];
writeFileSync(join(scratch, "config.yaml"), "auth: none\n");
execFileSync(program, [...common, "--install-extension", vsix], { stdio: "pipe" });

const port = await new Promise((done) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});
const server = spawn(
  program,
  [...common, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"],
  { stdio: ["ignore", "pipe", "pipe"] },
);
let serverLog = "";
server.stdout.on("data", (data) => (serverLog += data));
server.stderr.on("data", (data) => (serverLog += data));

let browser;
let failed = false;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  await run();
  await updated();
  await suite();
  await dark();
  await restricted();
} catch (problem) {
  failed = true;
  console.log(`FAIL ${problem.stack ?? problem}`);
  for (const context of browser?.contexts() ?? []) {
    for (const page of context.pages()) await shot(page, "failed").catch(() => {});
  }
  console.log(serverLog.slice(-3000));
} finally {
  await browser?.close();
  server.kill();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
console.log(failed ? "FAIL" : "PASS");
process.exit(failed ? 1 : 0);

async function run() {
  const page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
  page.setDefaultTimeout(patience);
  await open(page, `?folder=${workspace}`);
  ok("the workbench opens");
  await page.locator("[id='peercheck.peercheck'], .statusbar-item:has-text('peercheck')").first().waitFor();
  ok("the status item shows");

  await openFile(page, "client.go");
  await page.locator(".squiggly-error").first().waitFor();
  ok("a new finding is an error");
  const status = page.locator(".statusbar-item", { hasText: "1 new" });
  await status.waitFor();
  ok("the status item counts it");
  await page.locator(".codelens-decoration", { hasText: "peercheck: 1 new finding" }).waitFor();
  ok("the code lens counts it");
  await shot(page, "squiggle");

  await page.keyboard.press("Control+Shift+m");
  const problems = page.locator(".markers-panel .monaco-list-row", { hasText: "TLS certificate is not verified" });
  await problems.first().waitFor();
  expect("every problem is listed once", (await problems.count()) === 1, `${await problems.count()} times`);
  await shot(page, "problems");
  await page.keyboard.press("Control+j");

  const token = page.locator(".view-line span span", { hasText: "InsecureSkipVerify" }).first();
  await token.hover();
  const hover = page.locator(".monaco-hover-content", { hasText: "CWE-295" }).first();
  await hover.waitFor();
  ok("hover has the page of the check");
  await shot(page, "hover", 520);
  await page.keyboard.press("Escape");

  await quickFix(page, "10:30");
  await shot(page, "quickfix", 390);
  await choose(page, "InsecureSkipVerify");
  await gone(page.locator(".squiggly-error"));
  ok("the fix clears the finding");
  await page.keyboard.press("Control+z");
  await page.locator(".squiggly-error").first().waitFor();
  ok("undo brings it back");

  await quickFix(page, "10:30");
  await choose(page, "Ignore go/tls-verification-disabled here");
  await page.locator(".view-line", { hasText: "peercheck:ignore" }).waitFor();
  await page.keyboard.type("a test server");
  await page.keyboard.press("Escape");
  await gone(page.locator(".squiggly-error"));
  await page.locator(".view-line", { hasText: "-- a test server" }).waitFor();
  await page.locator(".codelens-decoration", { hasText: "peercheck: 1 ignored finding" }).waitFor();
  ok("an ignore comment with a reason, typed where the cursor stands, silences it");
  await shot(page, "ignore");
  await command(page, "File: Revert File");
  await page.locator(".squiggly-error").first().waitFor();
  ok("without the comment it shows again");

  await openFile(page, "old.go");
  await page.locator(".squiggly-info").first().waitFor();
  expect("an old finding is an information", (await page.locator(".squiggly-error").count()) === 0, "it shows as an error");
  await page.locator(".statusbar-item", { hasText: "1 old" }).waitFor();
  ok("the status item counts it as old");
  await shot(page, "old");

  await page.locator(".codelens-decoration a", { hasText: "1 old finding" }).click();
  await page.locator(".markers-panel .monaco-list-row", { hasText: "TLS certificate is not verified" }).first().waitFor();
  ok("a click on the code lens shows the problems");
  await page.keyboard.press("Control+j");

  await openFile(page, "settings.py");
  await page.locator(".squiggly-error").first().waitFor();
  await quickFix(page, "1:15");
  await shot(page, "secret");
  await choose(page, "Read it from the environment variable");
  await page.locator(".view-line", { hasText: "os.environ" }).waitFor();
  await gone(page.locator(".squiggly-error"));
  ok("a secret is replaced by a look at the environment");
  await shot(page, "secret-fixed");
  await command(page, "File: Revert File");

  await path(page, "path");
  await tour(page);

  await openFile(page, "old.go");
  await page.locator(".squiggly-info").first().waitFor();
  await command(page, "peercheck: Switch On or Off");
  await gone(page.locator(".squiggly-info"));
  ok("switched off, nothing shows");
  await command(page, "peercheck: Switch On or Off");
  await page.locator(".squiggly-info").first().waitFor();
  ok("switched on, it shows again");
  await page.close();
}

/** tour looks at what is there for newcomers. */
async function tour(page) {
  await command(page, "peercheck: Show the Menu");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "Install Git hooks" }).waitFor();
  await shot(page, "menu");
  await page.keyboard.press("Escape");
  await command(page, "peercheck: Explain a Check");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "go/tls-verification-disabled" }).waitFor({ state: "attached" }).catch(() => {});
  await page.locator(".quick-input-widget input").first().fill("go/tls-verification-disabled");
  await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: "go/tls-verification-disabled" }).waitFor();
  await shot(page, "choose-check");
  await page.keyboard.press("Enter");
  await page.locator(".tab.active", { hasText: "tls-verification-disabled" }).waitFor();
  ok("the page of a check opens beside the code");
  await new Promise((done) => setTimeout(done, 1500)); // the preview has no mark that says when it is painted
  await shot(page, "page");
  await command(page, "Welcome: Open Walkthrough...");
  await page.locator(".quick-input-widget input").first().fill("Get started with peercheck");
  await page.locator(".quick-input-list .monaco-list-row.focused", { hasText: "peercheck" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".gettingStarted", { hasText: "See a finding" }).waitFor();
  ok("the walkthrough opens");
  await shot(page, "walkthrough");
}

/** path types a flow that goes through two packages, looks at its way, and takes
 * it back. */
async function path(page, name) {
  await openFile(page, "web.go");
  await goTo(page, "14:12");
  await page.keyboard.press("Control+d"); // selects the word
  await page.keyboard.type('r.FormValue("name")');
  await page.keyboard.press("Escape");
  await page.locator(".squiggly-error").first().waitFor();
  ok("data that is typed into a handler is followed into another package");
  await page.keyboard.press("Control+Shift+m");
  const step = page.locator(".markers-panel .monaco-list-row", { hasText: "reaches an SQL statement" });
  await page.locator(".markers-panel .monaco-list-row", { hasText: "becomes part of the SQL" }).first().click();
  await page.keyboard.press("ArrowRight");
  await step.first().waitFor();
  expect("the last step of the way is in the other file", (await step.first().innerText()).includes("accounts.go"), await step.first().innerText());
  await shot(page, name, 660);
  await page.keyboard.press("Control+j");
  await command(page, "File: Revert File");
  await gone(page.locator(".squiggly-error"));
  ok("without it the finding goes");
}

/** updated puts another build of the program under the running server. */
async function updated() {
  const page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
  page.setDefaultTimeout(patience);
  await open(page, `?folder=${workspace}`);
  await openFile(page, "client.go");
  await page.locator(".statusbar-item", { hasText: "1 new" }).waitFor();
  const extensions = join(scratch, "extensions");
  const bin = join(extensions, readdirSync(extensions).find((name) => name.startsWith("peercheck.")), "bin", "peercheck");
  const running = () =>
    readdirSync("/proc").filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/exe`) === bin;
      } catch {
        return false; // no process, or gone
      }
    }).length;
  expect("the server runs from the extension's folder", running() > 0, "it does not");
  writeFileSync(`${bin}.new`, Buffer.concat([readFileSync(bin), Buffer.alloc(64)]), { mode: 0o755 }); // another one, that runs as well
  renameSync(`${bin}.new`, bin);
  expect("nobody runs the new program yet", running() === 0, `${running()} do`);
  await openFile(page, "old.go");
  const toast = page.locator(".notification-toast", { hasText: "is installed" });
  await toast.waitFor();
  ok("the editor says that another version is installed");
  await shot(page, "updated");
  await toast.locator(".monaco-button", { hasText: "Restart Server" }).click();
  await page.locator(".statusbar-item", { hasText: "1 old" }).waitFor();
  await gone(page.locator(".notification-toast", { hasText: "is installed" }));
  const deadline = Date.now() + patience;
  while (running() !== 1 && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  expect("after a click the new one runs", running() === 1, `${running()} do`);
  await page.locator(".squiggly-info").first().waitFor();
  ok("and finds the same");
  await page.close();
}

/** dark takes screenshots in a dark theme. */
async function dark() {
  writeFileSync(join(userData, "User", "settings.json"), JSON.stringify({ ...settings, "workbench.colorTheme": "Default Dark Modern" }));
  const page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
  page.setDefaultTimeout(patience);
  await open(page, `?folder=${workspace}`);
  await openFile(page, "client.go");
  await page.locator(".squiggly-error").first().waitFor();
  await page.locator(".view-line span span", { hasText: "InsecureSkipVerify" }).first().hover();
  await page.locator(".monaco-hover-content", { hasText: "CWE-295" }).first().waitFor();
  await shot(page, "hover-dark", 520);
  await page.keyboard.press("Escape");
  await quickFix(page, "10:30");
  await shot(page, "quickfix-dark", 390);
  await page.keyboard.press("Escape");
  await path(page, "path-dark");
  await page.close();
}

/** suite runs the extension's own tests in the extension host of a window. */
async function suite() {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  const code = new Promise((done) => {
    void page.exposeFunction("codeAutomationLog", (type, args) => console.log(...args));
    void page.exposeFunction("codeAutomationExit", (status) => done(status));
  });
  const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = JSON.stringify([
    ["extensionDevelopmentPath", remote(resolve(here, ".."))],
    ["extensionTestsPath", remote(join(here, "suite", "index.js"))],
  ]);
  await open(page, `?folder=${workspace}&payload=${encodeURIComponent(payload)}`);
  const status = await Promise.race([code, new Promise((_, fail) => setTimeout(() => fail(new Error("the suite did not end")), 2 * patience).unref())]);
  expect("the suite in the extension host passes", status === 0, `it ended with ${status}`);
  await page.close();
}

/** restricted opens the workspace without trusting it. */
async function restricted() {
  writeFileSync(
    join(userData, "User", "settings.json"),
    JSON.stringify({ ...settings, "security.workspace.trust.enabled": true, "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.emptyWindow": false }),
  );
  const page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
  page.setDefaultTimeout(patience);
  await open(page, `?folder=${workspace}`);
  await openFile(page, "client.go");
  await page.locator(".statusbar-item", { hasText: "peercheck (partial)" }).waitFor();
  ok("without trust, Go files are judged with partial types, and the status item says so");
  await shot(page, "restricted");
  await page.close();
}

async function open(page, query) {
  const deadline = Date.now() + 2 * patience;
  for (;;) {
    try {
      await page.goto(`http://127.0.0.1:${port}/${query}`);
      // While the server is still starting it may answer with an empty page.
      await page.locator(".monaco-workbench").waitFor({ timeout: 20_000 });
      return;
    } catch (problem) {
      if (Date.now() > deadline) throw problem;
      await new Promise((done) => setTimeout(done, 200));
    }
  }
}

/** ask opens the list that key asks for, writes text into it and waits for the row
 * that Enter would take; false if it does not come. Keys and text are lost on a list
 * that is still being filled or that another one has just left, and on a page in a
 * frame of its own, as a walkthrough is; a list that has closed stays in the page,
 * hidden. */
async function ask(page, key, text, row) {
  const timeout = 6_000;
  await page.keyboard.press(key);
  return page.locator(".quick-input-widget input").first().fill(text, { timeout })
    .then(() => page.locator(".quick-input-list .monaco-list-row.focused", { hasText: row }).first().waitFor({ timeout }))
    .then(() => true, () => false);
}

/** untilSeen tries what is lost now and then again, from a workbench without a list. */
async function untilSeen(page, what, attempt) {
  for (let i = 0; i < 5; i++) {
    if (await attempt()) {
      return;
    }
    await page.keyboard.press("Escape");
  }
  throw new Error(`${what} does not open`);
}

/** openFile opens a file of the workspace. */
async function openFile(page, name) {
  const tab = page.locator(`.tab.active[data-resource-name="${name}"]`);
  await untilSeen(page, name, async () => {
    if (!await ask(page, "Control+p", name, name)) {
      return false;
    }
    await page.keyboard.press("Enter");
    return tab.waitFor({ timeout: 6_000 }).then(() => true, () => false);
  });
}

async function command(page, title) {
  await untilSeen(page, title, () => ask(page, "F1", `>${title}`, title));
  await page.keyboard.press("Enter");
}

/** goTo puts the cursor at "line:column". */
async function goTo(page, place) {
  const [line] = place.split(":");
  await untilSeen(page, place, () => ask(page, "Control+g", `:${place}`, "Go to line"));
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  await page.locator(".statusbar-item", { hasText: `Ln ${line}, Col` }).waitFor();
}

/** quickFix opens the menu. It closes by itself if the editor is still busy with
 * what was typed before, so it is asked for until it stays. */
async function quickFix(page, place) {
  const rows = page.locator(".action-widget .monaco-list-row");
  for (let i = 0; i < 10; i++) {
    await goTo(page, place);
    await page.keyboard.press("Control+.");
    if (await rows.first().waitFor({ timeout: 6_000 }).then(() => true, () => false)) {
      return;
    }
    await page.keyboard.press("Escape");
  }
  throw new Error("the menu of quick fixes does not open");
}

/** choose picks an action with the keyboard: a headless browser does not click it. */
async function choose(page, title) {
  const rows = page.locator(".action-widget .monaco-list-row");
  for (let i = 0; i < 20; i++) {
    const focused = page.locator(".action-widget .monaco-list-row.focused");
    if ((await focused.count()) > 0 && (await focused.first().innerText()).includes(title)) {
      await page.keyboard.press("Enter");
      return;
    }
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`no action "${title}" among: ${(await rows.allInnerTexts()).join(" | ")}`);
}

async function gone(locator) {
  await locator.first().waitFor({ state: "detached" });
}

/** shot takes a screenshot: of the window, or of so much from the top of the
 * editor, in pixels, as is to be read in a README. */
async function shot(page, name, height) {
  if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
    await page.waitForTimeout(400); // until nothing fades in
    const editor = await page.locator(".part.editor").boundingBox();
    await page.screenshot({ path: join(screenshots, `${name}.png`), clip: height && editor ? { ...editor, height } : undefined });
  }
}

function ok(what) {
  console.log(`ok   ${what}`);
}

function expect(what, condition, otherwise) {
  if (!condition) {
    throw new Error(`${what}: ${otherwise}`);
  }
  ok(what);
}
