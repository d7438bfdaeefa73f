import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { generateSkeleton } from "../../src/generator/index.ts";
import { variantsRecords } from "./support/variants-records.ts";

const folder = new URL("../golden/", import.meta.url);
const objects = readdirSync(folder).filter((file) => file.endsWith(".bpf.o"));

/** `npx vitest run test/generator/golden.test.ts -u` writes what the generator makes now: read the diff. */
describe("the module of", { timeout: 60_000 }, () => {
  it.each(objects)("%s", async (file) => {
    const bytes = readFileSync(new URL(file, folder));
    const records = file === "variants.bpf.o" ? variantsRecords : new Map<string, string>();
    const { text } = await generateSkeleton(bytes, { fileName: `/somewhere/else/${file}`, records });
    await expect(text).toMatchFileSnapshot(new URL(file.replace(".bpf.o", ".skel.ts"), folder).pathname);
  });

  it("an object is the same text every time", async () => {
    const bytes = readFileSync(new URL("types.bpf.o", folder));
    const [one, other] = await Promise.all([generateSkeleton(bytes), generateSkeleton(new Uint8Array(bytes))]);
    expect(one).toEqual(other);
  });
});

describe("the messages", { timeout: 60_000 }, () => {
  it("name the buffers whose records are not decided", async () => {
    const { messages } = await generateSkeleton(readFileSync(new URL("records.bpf.o", folder)));
    expect(messages.map((message) => /"(\w+)"/u.exec(message)?.[1])).toEqual(["both", "lines", "silent"]);
  });

  it("are gone when --record decides", async () => {
    const records = new Map([["both", "stopped"], ["lines", "line"], ["silent", "started"]]); // prettier-ignore
    const { messages, text } = await generateSkeleton(readFileSync(new URL("records.bpf.o", folder)), { records });
    expect(messages).toEqual([expect.stringContaining("on_start sends 20 bytes")]);
    expect(text).toContain("both: RingBuffer<Stopped>;");
    expect(text).toContain("silent: RingBuffer<Started>;");
  });
});
