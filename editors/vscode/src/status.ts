// The status item: what peercheck says of the file that is looked at.

import * as vscode from "vscode";

/** DocumentStatus is what the server says of a document (peercheck/status). */
export interface DocumentStatus {
  uri: string;
  new: number;
  old: number;
  suppressed: number;
  tier: "" | "text" | "partial" | "typed";
  trusted: boolean;
  complete: boolean;
}

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("peercheck", vscode.StatusBarAlignment.Right, 90);
  private readonly documents = new Map<string, DocumentStatus>();
  private readonly listeners: vscode.Disposable[];
  private problem: { text: string; tooltip: string; command: string } | undefined;

  constructor() {
    this.item.name = "peercheck";
    this.listeners = [
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.workspace.onDidCloseTextDocument((document) => this.documents.delete(document.uri.toString())),
    ];
    this.show();
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
    this.listeners.forEach((listener) => listener.dispose());
  }

  /** text is what the item shows, for tests. */
  get text(): string {
    return this.item.text;
  }

  of(status: DocumentStatus): void {
    this.documents.set(vscode.Uri.parse(status.uri).toString(), status);
    this.show();
  }

  running(): void {
    this.problem = undefined;
    this.show();
  }

  missing(): void {
    this.documents.clear();
    this.problem = {
      text: "$(warning) peercheck: not found",
      tooltip: "The program `peercheck` is neither with the extension nor on the PATH. Click to name it in the setting peercheck.path.",
      command: "peercheck.openPathSetting",
    };
    this.show();
  }

  failed(why: string): void {
    this.documents.clear();
    this.problem = { text: "$(error) peercheck", tooltip: `${why}. Click for the output.`, command: "peercheck.showOutput" };
    this.show();
  }

  show(): void {
    const item = this.item;
    item.command = "peercheck.showMenu";
    item.backgroundColor = undefined;
    if (this.problem) {
      item.text = this.problem.text;
      item.tooltip = this.problem.tooltip;
      item.command = this.problem.command;
      item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
      return;
    }
    if (!vscode.workspace.getConfiguration("peercheck").get<boolean>("enabled", true)) {
      item.text = "$(circle-slash) peercheck";
      item.tooltip = "peercheck is switched off. Click for the menu.";
      return;
    }
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const status = uri ? this.documents.get(uri) : undefined;
    const lines: string[] = [];
    item.text = "$(shield) peercheck";
    if (status) {
      const counts = [count(status.new, "new"), count(status.old, "old"), count(status.suppressed, "ignored")].filter(Boolean);
      item.text = status.new + status.old > 0 ? `$(shield) ${counts.slice(0, 2).join(", ")}` : "$(shield) peercheck";
      lines.push(counts.length > 0 ? `Findings in this file: ${counts.join(", ")}.` : "No findings in this file.");
      if (status.tier === "partial" || status.tier === "text") {
        item.text += " (partial)";
        lines.push("Go types are not all known here, so fewer checks can tell.");
      }
    }
    if (!vscode.workspace.isTrusted) {
      item.text += " $(workspace-untrusted)";
      lines.push("This workspace is not trusted: neither git nor a Go toolchain runs, types are partial, and findings are not compared with HEAD.");
    }
    lines.push("Click for the menu.");
    item.tooltip = lines.join("\n");
  }
}

function count(n: number, what: string): string {
  return n > 0 ? `${n} ${what}` : "";
}
