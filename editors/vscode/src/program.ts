// Where the peercheck program is: in the setting, with the extension, or on the
// PATH, in this order.

import * as fs from "fs";
import * as path from "path";
import * as vscode from "vscode";

export function findProgram(context: vscode.ExtensionContext): string | undefined {
  const name = process.platform === "win32" ? "peercheck.exe" : "peercheck";
  // The setting is of machine scope: no workspace can name a program to run.
  const configured = vscode.workspace.getConfiguration("peercheck").get<string>("path", "").trim();
  if (configured) {
    return executable(configured) ? configured : undefined;
  }
  const bundled = context.asAbsolutePath(path.join("bin", name));
  if (executable(bundled)) {
    return bundled;
  }
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    // A relative folder would be looked up in whatever workspace is open.
    if (path.isAbsolute(folder) && executable(path.join(folder, name))) {
      return path.join(folder, name);
    }
  }
  return undefined;
}

function executable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
