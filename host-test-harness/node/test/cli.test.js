import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const LIMITED = { timeout: 20_000 };

const folder = await mkdtemp(join(tmpdir(), "spin-harness-cli-"));
after(() => rm(folder, { recursive: true }));

/** Starts the command with a program of the shell in the place of `spin-harness`. */
async function start(program, ...words) {
  const path = join(folder, "spin-harness");
  await writeFile(path, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  return run({ SPIN_HARNESS: path, PATH: process.env.PATH }, words);
}

function run(environment, words) {
  return spawn(process.execPath, [CLI, ...words], { env: environment });
}

test("arguments, streams and the exit code are those of the command", LIMITED, async () => {
  const child = await start('printf "%s|" "$@"; cat; echo problem >&2; exit 7', "up", "a b", "--x");
  child.stdin.end("input");
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  assert.deepEqual([stdout, stderr, code], ["up|a b|--x|input", "problem\n", 7]);
});

test("SIGTERM ends the command, which may end as it likes", LIMITED, async () => {
  const rows = [
    ["trap 'exit 3' TERM; echo ready; for _ in $(seq 400); do sleep 0.05; done", 3, null],
    ["echo ready; exec sleep 20", null, "SIGTERM"],
  ];
  for (const [program, code, signal] of rows) {
    const child = await start(program);
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [code, signal], program);
  }
  // The command is not left alone by a signal that comes as soon as it runs.
  const early = await start(
    "trap 'exit 3' TERM; kill $PPID; for _ in $(seq 400); do sleep 0.05; done",
  );
  assert.deepEqual(await once(early, "exit"), [3, null]);
});

test("a command that does not start is an error that says the ways out", LIMITED, async () => {
  // As npm links it. It must not run itself.
  const bin = join(folder, "node_modules/.bin");
  await mkdir(bin, { recursive: true });
  await symlink(CLI, join(bin, "spin-harness"));
  await symlink(CLI, join(folder, "linked"));
  await rename(join(folder, "linked"), join(folder, "spin-harness"));
  const name = `@spin-harness/${process.platform}-${process.arch}`;
  const rows = [
    [
      { SPIN_HARNESS: "/no/such/spin-harness" },
      "SPIN_HARNESS is `/no/such/spin-harness`, which does not start: spawn /no/such/spin-harness ENOENT; set it to the path of the command spin-harness, or unset it",
    ],
    [
      { PATH: `${bin}:${folder}` },
      `the command spin-harness does not start: no folder of PATH has it; install the package ${name} (npm does, unless optional dependencies are omitted), or put spin-harness in a folder of PATH, or set SPIN_HARNESS to its path`,
    ],
  ];
  for (const [environment, want] of rows) {
    const child = run(environment, []);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.deepEqual([code, stderr], [1, `error: ${want}\n`]);
  }
});

test("the command is that of PATH, after those that npm links", LIMITED, async () => {
  const other = join(folder, "other");
  await mkdir(other);
  await writeFile(join(other, "spin-harness"), "#!/bin/sh\necho found\n", { mode: 0o755 });
  const child = run({ PATH: `${folder}:${join(folder, "node_modules/.bin")}:${other}` }, []);
  assert.equal(await text(child.stdout), "found\n");
});
