import type { MapRecords } from "../object/record-info.ts";
import { emptyDeclaration } from "./build-declarations.ts";
import type { BuildContext } from "./build-context.ts";
import { bytes, cTypeOrSize, docComment } from "./docs.ts";
import type { MemberModel } from "./model.ts";
import { code, literalKey, pascalCase, typeKey, UniqueNames } from "./names.ts";
import { buildVariants } from "./build-variants.ts";
import type { RecordType } from "./record-type.ts";
import { delegateWrite } from "./types/codecs.ts";
import { typeText } from "./types/print.ts";
import { sizeOfShape, type Shape } from "./types/shape.ts";

/** The type of a buffer's records: its one candidate, all of them as a union when it is undecided, bytes when there is none. */
export function buildRecord(context: BuildContext, records: MapRecords): RecordType {
  const shapes = records.candidates.map((id) => context.lowering.shapeOf(id, `${pascalCase(records.map)}Record`));
  const [only] = shapes;
  if (only === undefined) return { type: "Uint8Array", codec: context.codecs.codecOf({ kind: "restBytes" }) };
  for (const shape of shapes) context.use(shape, `One record of the buffer ${code(records.map)}.`);
  if (records.variants !== undefined) return buildVariants(context, records, records.variants);
  return shapes.length === 1 ? oneCandidate(context, records, only) : severalCandidates(context, records, shapes);
}

function oneCandidate(context: BuildContext, records: MapRecords, shape: Shape): RecordType {
  const codec = context.codecs.codecOf(shape);
  const type = typeText(shape);
  const size = sizeOfShape(shape);
  const shortest = Math.min(...records.sizes.map((sent) => sent ?? 0));
  context.view(shape);
  if (shortest >= size) return { type, codec };
  const isViewed = shape.kind === "record";
  return { type, codec: shortRecord(context, records.map, { type, codec, size, shortest, isViewed }) };
}

/**
 * Programs may send only the used part of a struct (`offsetof` its last array + what is in it). What they left out
 * reads as zeros, never as what comes next in the buffer.
 */
function shortRecord(
  { codecs }: BuildContext,
  map: string,
  { type, codec, size, shortest, isViewed }: RecordType & { size: number; shortest: number; isViewed: boolean },
): string {
  const isWhole = `from.end - at >= ${size}`;
  const readPadded = `${codec}.read(from.padded(at, ${size}), 0)`;
  const read = `(from, at) => ${isWhole} ? ${codec}.read(from, at) : ${readPadded}`;
  const choose = `const { from, at } = view; return ${isWhole} ? whole() : ${readPadded};`;
  const view = `view: (view) => { const whole = ${codec}.view!(view); return () => { ${choose} }; }, `;
  return codecs.declare(
    `short${pascalCase(map)}`,
    type,
    `{ size: ${shortest}, ${isViewed ? view : ""}read: ${read}, ${delegateWrite(codec)} }`,
  );
}

/** One struct that a record may be. */
interface Candidate {
  readonly id: number;
  /** Its member in the interface that stands for all candidates. */
  readonly label: string;
  readonly shape: Shape;
  readonly size: number;
  readonly codec: string;
}

/** An interface with a member for each candidate, all read from the same bytes, as far as the record is long enough. */
function severalCandidates(context: BuildContext, records: MapRecords, shapes: readonly Shape[]): RecordType {
  const name = context.names.declare(`${pascalCase(records.map)}Record`);
  const candidates = describeCandidates(context, records, shapes);
  const sizes = candidates.map(({ size }) => size);
  const shortest = Math.min(...sizes);
  const writers = candidates.map(({ label, codec }) => `${literalKey(label)}: ${codec}.write`);
  context.declare({
    ...emptyDeclaration,
    name,
    doc: docComment(
      `One record of the buffer ${code(records.map)}: one of its members, each read from the same bytes.`,
    ),
    size: shortest,
    members: candidates.map((candidate) => candidateModel(context, candidate, shortest)),
    writes: [`to.setUnion(at, ${Math.max(...sizes)}, value, { ${writers.join(", ")} });`],
  });
  return { type: name, codec: name };
}

function describeCandidates(
  { types, codecs }: BuildContext,
  records: MapRecords,
  shapes: readonly Shape[],
): Candidate[] {
  const labels = new UniqueNames();
  return shapes.map((shape, i) => {
    const id = records.candidates[i] ?? 0;
    const label = labels.take(types.type(id).name || `candidate_${i + 1}`);
    return { id, label, shape, size: sizeOfShape(shape), codec: codecs.codecOf(shape) };
  });
}

function candidateModel({ types }: BuildContext, candidate: Candidate, shortest: number): MemberModel {
  const { id, label, shape, size, codec } = candidate;
  const read = `${codec}.read(from, at)`;
  const what = `${cTypeOrSize(types, id, size)}, ${bytes(size)}`;
  const names = { key: typeKey(label), literalKey: literalKey(label) };
  if (size === shortest) return { ...names, doc: docComment(what), type: typeText(shape), read };
  return {
    ...names,
    doc: docComment(`${what}: undefined for shorter records`),
    type: `${typeText(shape)} | undefined`,
    read: `from.end - at >= ${size} ? ${read} : undefined`,
  };
}
