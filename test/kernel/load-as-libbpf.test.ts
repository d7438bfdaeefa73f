import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isCoreGenError } from "../../src/errors.ts";
import { openObject } from "../../src/object/open.ts";
import { loadObject } from "../../src/runtime/load/load.ts";
import type { Fd } from "../../src/runtime/sys/fd.ts";
import { describeWithKernel } from "../support/kernel.ts";

/*
 * What is in the kernel after we loaded an object, and after libbpf did (bpftool prog loadall): the same programs, by
 * the hash of their final instructions, and the same maps. bpftool describes both. With the objects of Debian packages
 * where they were fetched (test/referee/corpus).
 */

/** One line for each program and map, in any order. */
type Holdings = readonly string[];

const BPFTOOL = ["/usr/sbin/bpftool", "/usr/local/sbin/bpftool"].find((path) => existsSync(path));

interface Described {
  readonly type: string;
  readonly name?: string;
  readonly tag?: string;
  readonly flags?: number;
  readonly bytes_key?: number;
  readonly bytes_value?: number;
  readonly max_entries?: number;
  readonly frozen?: number;
  readonly btf_id?: number;
}

/** bpftool 7.1 is of the time when libbpf made all data mappable; since 1.1 only that with exported variables is. */
const BPF_F_MMAPABLE = 0x400;

function describeLine(json: string): string {
  const { type, name, tag, flags, bytes_key, bytes_value, max_entries, frozen, btf_id } = JSON.parse(json) as Described;
  const typed = btf_id === undefined ? "untyped" : "typed";
  if (tag !== undefined) return `program ${name ?? ""}: ${type}, tag ${tag}, ${typed}`;
  const sizes = `${bytes_key ?? 0}+${bytes_value ?? 0} bytes × ${max_entries ?? 0}`;
  return `map ${name ?? ""}: ${type}, ${sizes}, flags ${(flags ?? 0) & ~BPF_F_MMAPABLE}, frozen ${frozen ?? 0}, ${typed}`;
}

/** In a mount namespace of its own, because bpftool wants to pin what it loads. */
const libbpfScript = `mount -t bpf bpf /sys/fs/bpf && mkdir /sys/fs/bpf/m &&
  "$1" prog loadall "$2" /sys/fs/bpf/p pinmaps /sys/fs/bpf/m || exit 1
  for program in /sys/fs/bpf/p/*; do [ ! -e "$program" ] || "$1" -j prog show pinned "$program"; done
  for map in /sys/fs/bpf/m/*; do [ ! -e "$map" ] || "$1" -j map show pinned "$map"; done`;

function loadWithLibbpf(bpftool: string, path: string): Holdings | undefined {
  const arguments_ = ["--mount", "--propagation", "private", "sh", "-c", libbpfScript, "sh", bpftool, path];
  const { status, stdout } = spawnSync("unshare", arguments_, { encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter(Boolean).map(describeLine).sort() : undefined;
}

function loadOurselves(bpftool: string, path: string): Holdings | string {
  try {
    const object = openObject(readFileSync(path), { what: path });
    const loaded = loadObject(object, { autoload: new Map(), maps: new Map(), contents: new Map() });
    const show = (kind: "map" | "prog", fd: Fd): string => {
      const id =
        new RegExp(`^${kind}_id:\\s*(\\d+)$`, "mu").exec(readFileSync(`/proc/self/fdinfo/${fd.number}`, "utf8"))?.[1] ??
        "";
      return describeLine(spawnSync(bpftool, ["-j", kind, "show", "id", id], { encoding: "utf8" }).stdout);
    };
    const programs = [...loaded.programs.values()].map(({ fd }) => show("prog", fd));
    const maps = [...loaded.maps.values()].map(({ fd }) => show("map", fd));
    loaded.close();
    return [...programs, ...maps].sort();
  } catch (error) {
    if (isCoreGenError(error)) return error.code;
    throw error;
  }
}

const corpus = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "core-gen-corpus/objects");
const inCorpus = existsSync(corpus) ? readdirSync(corpus).filter((file) => file.endsWith(".o")) : [];
if (inCorpus.length === 0)
  console.warn("load-as-libbpf: without the objects of test/referee/corpus, which were not fetched");
const objects = [
  ...["execsnoop", "opencount"].map((name) => `examples/${name}/${name}.bpf.o`),
  ...inCorpus.map((file) => join(corpus, file)),
];

describeWithKernel(
  "loading as libbpf does",
  { kernelLacks: () => (BPFTOOL === undefined ? "bpftool is not installed" : undefined) },
  () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "core-gen-libbpf-"));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    it.for(objects.map((path) => [basename(path), path] as const))("%s", ([name, path], { skip }) => {
      // bpftool takes the name of the object up to its last dot, the library up to the first: give them one without.
      const copy = join(folder, name.replace(/\.bpf\.o$|\.o$/u, "").replace(/\./gu, "_"));
      writeFileSync(`${copy}.o`, readFileSync(path));
      const ours = loadOurselves(BPFTOOL ?? "", `${copy}.o`);
      skip(ours === "unsupported", "core-gen can't load it yet");
      const theirs = loadWithLibbpf(BPFTOOL ?? "", `${copy}.o`);
      if (theirs === undefined) expect(typeof ours, "libbpf can't load it").toBe("string");
      else expect(ours).toEqual(theirs);
    });
  },
);
