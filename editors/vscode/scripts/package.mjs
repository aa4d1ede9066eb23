// Packages the extension with the program for one platform:
//
//	node scripts/package.mjs [TARGET]
//
// TARGET is one of the names below; the default is the platform that this runs
// on. The result is peercheck-TARGET.vsix.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const platforms = {
  "linux-x64": ["linux", "amd64"],
  "linux-arm64": ["linux", "arm64"],
  "alpine-x64": ["linux", "amd64"],
  "darwin-x64": ["darwin", "amd64"],
  "darwin-arm64": ["darwin", "arm64"],
  "win32-x64": ["windows", "amd64"],
  "win32-arm64": ["windows", "arm64"],
};

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(here, "..", "..");
const target = process.argv[2] ?? `${process.platform}-${process.arch}`;
if (!platforms[target]) {
  console.error(`${target} is no target; take one of ${Object.keys(platforms).join(", ")}`);
  process.exit(2);
}
const [goos, goarch] = platforms[target];
const run = (program, args, options = {}) => execFileSync(program, args, { cwd: here, stdio: "inherit", ...options });

rmSync(join(here, "bin"), { recursive: true, force: true });
mkdirSync(join(here, "bin"));
run("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", join(here, "bin", goos === "windows" ? "peercheck.exe" : "peercheck"), "./cmd/peercheck"], {
  cwd: root,
  env: { ...process.env, CGO_ENABLED: "0", GOOS: goos, GOARCH: goarch },
});
cpSync(join(root, "LICENSE"), join(here, "LICENSE"));
run(join(here, "node_modules", ".bin", "vsce"), ["package", "--no-dependencies", "--target", target, "--out", `peercheck-${target}.vsix`]);
rmSync(join(here, "LICENSE"));
