import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { readConfig } from "../../src/runtime/kernel/kconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "core-gen-kconfig-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const text = "CONFIG_HZ=250\n";
const [plain, packed, missing] = [join(folder, "plain"), join(folder, "packed"), join(folder, "missing")];
writeFileSync(plain, text);
writeFileSync(packed, gzipSync(text));

it("reads the first configuration that there is, packed or not", () => {
  expect(readConfig([missing, plain, packed])).toEqual({ text, where: plain });
  expect(readConfig([packed, plain])).toEqual({ text, where: packed });
});

it("says where it has looked when there is none", () => {
  expect(() => readConfig([missing])).toThrow(
    expect.objectContaining({ hints: [`Looked for: ${missing}.`, expect.any(String)] }) as Error,
  );
});
