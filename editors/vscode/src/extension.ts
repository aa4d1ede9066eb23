// The extension: it finds the program, starts it as a language server, and
// shows what it says in VS Code's terms. Findings, fixes and pages all come from
// the server; nothing is judged here.

import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

import { registerCommands } from "./commands";
import { findProgram } from "./program";
import { newClient } from "./server";
import { Status } from "./status";

let client: LanguageClient | undefined;

export interface Api {
  /** The running client, for tests. */
  client(): LanguageClient | undefined;
}

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const output = vscode.window.createOutputChannel("peercheck", { log: true });
  const status = new Status();
  context.subscriptions.push(output, status);

  const start = async (): Promise<void> => {
    await stop();
    const program = findProgram(context);
    if (!program) {
      status.missing();
      return;
    }
    output.info(`starting ${program} lsp`);
    client = newClient(program, output, status);
    try {
      await client.start();
      status.running();
    } catch (problem) {
      status.failed(String(problem));
      output.error(String(problem));
    }
  };

  registerCommands(context, { client: () => client, restart: start, output, status, program: () => findProgram(context) });
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(start),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("peercheck.path") || event.affectsConfiguration("peercheck.workspaceDiagnostics")) {
        void start();
      }
      if (event.affectsConfiguration("peercheck.enabled")) {
        status.show();
      }
    }),
  );
  await start();
  return { client: () => client };
}

async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  await old?.dispose();
}

export function deactivate(): Promise<void> {
  return stop();
}
