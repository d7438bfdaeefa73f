import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { CoreGenError } from "../../errors.ts";
import type { Clang } from "./clang.ts";

/**
 * Compiles `source` to `output`, and gives the files that it is made of. Warnings and errors go to standard error in
 * clang's words.
 *
 * Throws a `CoreGenError` when clang doesn't like it.
 */
export async function compile(
  source: string,
  clang: Clang,
  flags: readonly string[],
  output: string,
): Promise<string[]> {
  const rule = `${output}.d`;
  const colours = process.stderr.isTTY && process.env["NO_COLOR"] === undefined ? ["-fcolor-diagnostics"] : [];
  const { status, stderr } = await run(clang.path, [
    ...flags,
    ...colours,
    ...["-MD", "-MT", "object", "-MF", rule],
    ...["-c", source, "-o", output],
  ]);
  process.stderr.write(stderr);
  if (status !== 0) {
    throw new CoreGenError("bad-input", `compiling ${source}: clang refuses it, see above`, {
      hints: hintsFor(stderr),
    });
  }
  return filesOfRule(readFileSync(rule, "utf8"));
}

/** The headers that `source` would be compiled with; those that are not there by the name they are included by. */
export async function filesIncludedBy(source: string, clang: Clang, flags: readonly string[]): Promise<string[]> {
  // What is wrong with the source is said when it is compiled.
  const { stdout } = await run(clang.path, [...flags, "-w", "-M", "-MG", "-MT", "object", source]);
  return filesOfRule(stdout);
}

/** `object.o: a.c \⏎ b.h`: make's way to say what a file depends on. */
function filesOfRule(rule: string): string[] {
  const [, files = ""] = /^[^:]*:\s(.*)$/su.exec(rule.replaceAll("\\\n", " ")) ?? [];
  return (files.match(/(?:\\.|\S)+/gu) ?? []).map((file) => file.replace(/\\(.)/gu, "$1").replaceAll("$$", "$"));
}

function hintsFor(stderr: string): string[] {
  const [, header] = /fatal error: '((?:bpf|linux|asm)\/[^']+)' file not found/u.exec(stderr) ?? [];
  if (header === undefined) return [];
  return header.startsWith("bpf/")
    ? [`${header} is part of libbpf: apt install libbpf-dev, dnf install libbpf-devel, apk add libbpf-dev.`]
    : [`${header} is part of the kernel's headers for programs: apt install linux-libc-dev, apk add linux-headers.`];
}

async function run(
  command: string,
  args: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr };
  } catch (cause) {
    throw new CoreGenError("bad-input", `running ${command}: ${(cause as Error).message}`, { cause });
  }
}
