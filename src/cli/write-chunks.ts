import { once } from "node:events";

const BATCH = 64 * 1024;

/** Writes texts to standard output one after the other, and waits whenever its reader does: they need not fit into memory. */
export async function writeChunks(texts: Iterable<string>): Promise<void> {
  let batch = "";
  for (const text of texts) {
    batch += text;
    if (batch.length < BATCH) continue;
    await write(batch);
    batch = "";
  }
  if (batch !== "") await write(batch);
}

async function write(text: string): Promise<void> {
  // An error ends the process: see watchStandardOutput.
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
