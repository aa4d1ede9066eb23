// The extension's own tests. They run in the extension host of a real VS Code,
// against the real server; test/session.mjs starts them.

const assert = require("node:assert/strict");
const path = require("node:path");
const vscode = require("vscode");

const patience = 30_000;

async function until(what, condition) {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < deadline, `${what} did not come`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const codes = (uri) => vscode.languages.getDiagnostics(uri).map((d) => (typeof d.code === "object" ? d.code.value : d.code));
const folder = () => vscode.workspace.workspaceFolders[0].uri;

async function show(name) {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder(), name));
  const editor = await vscode.window.showTextDocument(document);
  if (document.isDirty) {
    await vscode.commands.executeCommand("workbench.action.files.revert"); // what another window left
  }
  return { document, editor };
}

const tests = {
  "activates": async () => {
    const extension = vscode.extensions.getExtension("peercheck.peercheck");
    assert.ok(extension, "the extension is not installed");
    const api = await extension.activate();
    await until("the client", () => api.client()?.isRunning());
  },

  "has every command that it declares": async () => {
    const declared = vscode.extensions.getExtension("peercheck.peercheck").packageJSON.contributes.commands.map((c) => c.command);
    const registered = await vscode.commands.getCommands(true);
    assert.deepEqual(declared.filter((c) => !registered.includes(c)), []);
  },

  "finds, explains and fixes": async () => {
    const { document } = await show("client.go");
    await until("the finding", () => codes(document.uri).length === 1);
    const [found] = vscode.languages.getDiagnostics(document.uri);
    assert.equal(found.source, "peercheck");
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(found.code.value, "go/tls-verification-disabled");
    assert.equal(found.code.target.scheme, "https");
    assert.equal(document.getText(found.range), "InsecureSkipVerify: true");

    const hovers = await vscode.commands.executeCommand("vscode.executeHoverProvider", document.uri, found.range.start);
    assert.ok(hovers.some((h) => h.contents.some((c) => c.value.includes("CWE-295"))), "no page in the hover");

    const actions = await vscode.commands.executeCommand("vscode.executeCodeActionProvider", document.uri, found.range, "quickfix");
    const titles = actions.map((a) => a.title);
    assert.ok(titles.some((t) => t.startsWith("Ignore go/tls-verification-disabled")), titles.join());
    const ignore = actions.find((a) => a.kind.value === "quickfix.ignore");
    assert.ok(ignore?.edit, "no ignore comment is offered"); // its snippet is typed into in session.mjs

    await vscode.workspace.applyEdit(actions[0].edit);
    await until("the clearing", () => codes(document.uri).length === 0);
    await vscode.commands.executeCommand("undo");
    await until("the finding after undo", () => codes(document.uri).length === 1);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  "moves a finding with its text, without saving": async () => {
    const { document, editor } = await show("client.go");
    await until("the finding", () => codes(document.uri).length === 1);
    const before = vscode.languages.getDiagnostics(document.uri)[0].range.start;
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "// 😀\n"));
    await until("the moved finding", () => vscode.languages.getDiagnostics(document.uri)[0]?.range.start.line === before.line + 1);
    assert.ok(document.isDirty);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  "judges what is not saved anywhere": async () => {
    const document = await vscode.workspace.openTextDocument({ language: "go", content: 'package p\n\nimport "crypto/tls"\n\nvar c = tls.Config{InsecureSkipVerify: true}\n' });
    await vscode.window.showTextDocument(document);
    await until("the finding", () => codes(document.uri).length === 1);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  },

  "the demonstration of the walkthrough has a finding": async () => {
    await vscode.commands.executeCommand("peercheck.demo");
    const { document } = vscode.window.activeTextEditor;
    await until("the finding", () => codes(document.uri).length === 1);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  },

  "shows old findings as the settings say": async () => {
    const { document } = await show("old.go");
    const severity = () => vscode.languages.getDiagnostics(document.uri)[0]?.severity;
    const section = vscode.workspace.getConfiguration("peercheck");
    await until("the old finding", () => severity() === vscode.DiagnosticSeverity.Information);
    await section.update("existing", "same", vscode.ConfigurationTarget.Workspace);
    await until("the old finding like a new one", () => severity() === vscode.DiagnosticSeverity.Error);
    await section.update("existing", "hide", vscode.ConfigurationTarget.Workspace);
    await until("nothing", () => severity() === undefined);
    await section.update("existing", undefined, vscode.ConfigurationTarget.Workspace);
    await until("the old finding again", () => severity() === vscode.DiagnosticSeverity.Information);
  },

  "switches off and on": async () => {
    const { document } = await show("client.go");
    await until("the finding", () => codes(document.uri).length === 1);
    await vscode.commands.executeCommand("peercheck.toggle");
    await until("nothing", () => codes(document.uri).length === 0);
    assert.match(await vscode.commands.executeCommand("peercheck.statusText"), /circle-slash/);
    await vscode.commands.executeCommand("peercheck.toggle");
    await until("the finding again", () => codes(document.uri).length === 1);
  },

  "the status item tells the counts": async () => {
    await show("client.go");
    await until("the count", async () => /1 new/.test(await vscode.commands.executeCommand("peercheck.statusText")));
  },

  "the configuration is completed and judged while it is typed": async () => {
    const { document, editor } = await show(".peercheck.yaml");
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "exlude: []\n"));
    await until("the diagnostic", () => codes(document.uri).includes("configuration"));
    const list = await vscode.commands.executeCommand("vscode.executeCompletionItemProvider", document.uri, new vscode.Position(1, 0));
    assert.ok(list.items.some((i) => i.label === "fail-on"), "no key is completed");
    await vscode.commands.executeCommand("workbench.action.files.revert");
  },

  "explains a check": async () => {
    const uri = vscode.Uri.from({ scheme: "peercheck", path: "/go/tls-verification-disabled.md" });
    const page = await vscode.workspace.openTextDocument(uri);
    assert.match(page.getText(), /CWE-295/);
  },

  "restarts": async () => {
    const { document } = await show("client.go");
    await vscode.commands.executeCommand("peercheck.restart");
    await until("the finding", () => codes(document.uri).length === 1);
  },
};

exports.run = async () => {
  let failures = 0;
  for (const [name, test] of Object.entries(tests)) {
    const started = Date.now();
    try {
      await test();
      console.log(`ok   extension host: ${name} (${Date.now() - started} ms)`);
    } catch (problem) {
      failures++;
      console.log(`FAIL extension host: ${name}: ${problem.stack}`);
    }
  }
  if (failures > 0) {
    throw new Error(`${failures} of ${Object.keys(tests).length} failed in ${path.basename(__filename)}`);
  }
};
