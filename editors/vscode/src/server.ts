// The language client and what it adds to the protocol.

import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";

import { DocumentStatus, Status } from "./status";

/** settings are what the server is told at the start and whenever they change. */
function settings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration("peercheck");
  return {
    enabled: section.get("enabled"),
    existing: section.get("existing"),
    suppressed: section.get("suppressed"),
    codeLens: section.get("codeLens"),
    workspaceDiagnostics: section.get("workspaceDiagnostics"),
    trusted: vscode.workspace.isTrusted,
    status: true,
    restart: true,
  };
}

export function newClient(program: string, output: vscode.LogOutputChannel, status: Status): LanguageClient {
  const server: ServerOptions = { command: program, args: ["lsp"] };
  let ends: number[] = [];
  const options: LanguageClientOptions = {
    // Files, and what is not saved yet; not the copies that other views show.
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
    initializationOptions: settings(),
    outputChannel: output,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue }),
      closed: () => {
        // Once it ended several times in a short while, starting it again helps nobody.
        const now = Date.now();
        ends = [...ends.filter((end) => now - end < 180_000), now];
        if (ends.length < 5) {
          return { action: CloseAction.Restart, handled: true };
        }
        status.failed("The language server ended five times within three minutes");
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const answers = await next(params, token);
          return Array.isArray(answers)
            ? params.items.map((item, i) => (item.section === "peercheck" ? settings() : answers[i]))
            : answers;
        },
      },
      // The page of a check opens beside the code rather than in a browser.
      executeCommand: (name, args, next) =>
        name === "peercheck.openPage" ? vscode.commands.executeCommand("peercheck.explainCheck", ...args) : next(name, args),
      // The count at the head of a file leads to what it counts.
      provideCodeLenses: async (document, token, next) => {
        const lenses = await next(document, token);
        for (const lens of lenses ?? []) {
          if (lens.command && !lens.command.command) {
            lens.command = { title: lens.command.title, command: "workbench.actions.view.problems", tooltip: "Show the problems" };
          }
        }
        return lenses;
      },
      provideCodeActions: async (document, range, context, token, next) => {
        const actions = await next(document, range, context, token);
        for (const action of actions ?? []) {
          if (action instanceof vscode.CodeAction && action.kind?.value === "quickfix.ignore") {
            askForReason(action);
          }
        }
        return actions;
      },
    },
  };
  const client = new LanguageClient("peercheck", "peercheck", server, options);
  client.onNotification("peercheck/status", (params: DocumentStatus) => status.of(params));
  client.onNotification("peercheck/updated", (params: { version: string; message: string }) => offerRestart(params.version));
  return client;
}

/** offerRestart is for a program that was replaced while it runs. */
async function offerRestart(version: string): Promise<void> {
  const restart = "Restart Server";
  if ((await vscode.window.showInformationMessage(`peercheck ${version} is installed. The server still runs the version before.`, restart)) === restart) {
    await vscode.commands.executeCommand("peercheck.restart");
  }
}

/** askForReason puts the cursor where the reason of an ignore comment goes. */
function askForReason(action: vscode.CodeAction): void {
  for (const [uri, edits] of action.edit?.entries() ?? []) {
    const edit = edits[0];
    const end = edit?.newText.lastIndexOf("-- ") ?? -1;
    if (edits.length !== 1 || end < 0) {
      continue;
    }
    const snippet = new vscode.SnippetString()
      .appendText(edit.newText.slice(0, end + 3))
      .appendPlaceholder("reason")
      .appendText(edit.newText.slice(end + 3));
    const replaced = new vscode.WorkspaceEdit();
    replaced.set(uri, [new vscode.SnippetTextEdit(edit.range, snippet)]);
    action.edit = replaced;
  }
}
