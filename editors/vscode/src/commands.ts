// The commands of the palette and of the status item.

import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

import { demo } from "./demo";
import { Status } from "./status";

interface Parts {
  client(): LanguageClient | undefined;
  program(): string | undefined;
  restart(): Promise<void>;
  output: vscode.LogOutputChannel;
  status: Status;
}

export function registerCommands(context: vscode.ExtensionContext, parts: Parts): void {
  const commands: Record<string, (...args: never[]) => unknown> = {
    "peercheck.toggle": toggle,
    "peercheck.scanWorkspace": () => inTerminal(parts, "scan", ["scan", "."]),
    "peercheck.installHooks": () => inTerminal(parts, "hooks", ["hook", "install"]),
    "peercheck.explainCheck": (id?: string) => explain(parts, id),
    "peercheck.restart": () => parts.restart(),
    "peercheck.showOutput": () => parts.output.show(),
    "peercheck.showMenu": menu,
    "peercheck.openPathSetting": () => vscode.commands.executeCommand("workbench.action.openSettings", "peercheck.path"),
    "peercheck.demo": openDemo,
    "peercheck.statusText": () => parts.status.text,
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
  context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider("peercheck", { provideTextDocumentContent: (uri) => page(parts, uri) }));
}

async function toggle(): Promise<void> {
  const section = vscode.workspace.getConfiguration("peercheck");
  const scope = vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await section.update("enabled", !section.get<boolean>("enabled", true), scope);
}

async function menu(): Promise<void> {
  const on = vscode.workspace.getConfiguration("peercheck").get<boolean>("enabled", true);
  const items = [
    { label: on ? "$(circle-slash) Switch off" : "$(shield) Switch on", command: "peercheck.toggle" },
    { label: "$(list-unordered) Show problems", command: "workbench.actions.view.problems" },
    { label: "$(book) Explain a check", command: "peercheck.explainCheck" },
    { label: "$(search) Scan the workspace", command: "peercheck.scanWorkspace" },
    { label: "$(git-commit) Install Git hooks", command: "peercheck.installHooks" },
    { label: "$(output) Show the output", command: "peercheck.showOutput" },
    { label: "$(debug-restart) Restart the language server", command: "peercheck.restart" },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: "peercheck" });
  if (chosen) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

/** inTerminal runs the program where its output can be read. It is never done in
 * a workspace that is not trusted. */
async function inTerminal(parts: Parts, name: string, args: string[]): Promise<void> {
  const program = parts.program();
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!vscode.workspace.isTrusted || !program || !folder) {
    void vscode.window.showWarningMessage(
      !folder ? "peercheck: open a folder first." : !program ? "peercheck: the program is not found." : "peercheck: trust this workspace first.",
    );
    return;
  }
  const task = new vscode.Task(
    { type: "peercheck", name },
    folder,
    name,
    "peercheck",
    new vscode.ProcessExecution(program, args, { cwd: folder.uri.fsPath }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  await vscode.tasks.executeTask(task);
}

async function explain(parts: Parts, id?: string): Promise<void> {
  if (!id) {
    const all = await parts.client()?.sendRequest<{ id: string; title: string }[]>("workspace/executeCommand", { command: "peercheck.checks" });
    const chosen = await vscode.window.showQuickPick(
      (all ?? []).map((check) => ({ label: check.id, description: check.title })),
      { title: "Explain a check", matchOnDescription: true },
    );
    id = chosen?.label;
  }
  if (id) {
    const uri = vscode.Uri.from({ scheme: "peercheck", path: `/${id}.md` });
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }
}

async function page(parts: Parts, uri: vscode.Uri): Promise<string> {
  const id = uri.path.replace(/^\//, "").replace(/\.md$/, "");
  return (await parts.client()?.sendRequest<string>("workspace/executeCommand", { command: "peercheck.explain", arguments: [id] })) ?? "";
}

async function openDemo(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "go", content: demo });
  await vscode.window.showTextDocument(document);
}
