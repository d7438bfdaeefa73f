import { readFileSync } from "node:fs";
import type { DecodersModel, SkeletonModel, TypesModel } from "./model.ts";

const PRINT_WIDTH = 100;
const BASE64_COLUMNS = 100;
/** Nobody reads longer modules, and prettier needs 11 s and 0.7 GB for five million characters (measured): not formatted. */
const MAX_FORMATTED = 4_000_000;

/**
 * Prints a model as a formatted TypeScript module, with its payloads at the end.
 *
 * Handlebars and prettier are loaded when the first module is printed: a CLI that only shows its help needs neither.
 */
export async function renderModule(model: SkeletonModel, payloads: readonly Payload[]): Promise<string> {
  templates ??= compileTemplates();
  const module = await format((await templates).skeleton(model));
  return [module, ...payloads.map(embed)].join("");
}

/** Bytes that a module carries in a constant. */
export interface Payload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Prints types and their codecs as a formatted TypeScript module. */
export async function renderDecoders(model: DecodersModel): Promise<string> {
  templates ??= compileTemplates();
  return format((await templates).decoders(model));
}

/** Prints types alone as a formatted TypeScript module. */
export async function renderTypes(model: TypesModel): Promise<string> {
  templates ??= compileTemplates();
  return format((await templates).types(model));
}

interface Templates {
  skeleton(model: SkeletonModel): string;
  decoders(model: DecodersModel): string;
  types(model: TypesModel): string;
}

let templates: Promise<Templates> | undefined;

async function compileTemplates(): Promise<Templates> {
  const { default: handlebars } = await import("handlebars");
  const environment = handlebars.create();
  for (const name of ["enum", "interface", "struct", "variants", "view", "globals", "struct-ops", "shape", "spec"]) {
    environment.registerPartial(name, readTemplate(name));
  }
  // The models hold TypeScript, not text for a web page: nothing is to be escaped.
  const options = { noEscape: true, strict: true };
  return {
    skeleton: environment.compile<SkeletonModel>(readTemplate("skeleton"), options),
    decoders: environment.compile<DecodersModel>(readTemplate("decoders"), options),
    types: environment.compile<TypesModel>(readTemplate("types"), options),
  };
}

function readTemplate(name: string): string {
  // Two folders up from src/generator as well as from dist/generator.
  return readFileSync(new URL(`../../templates/${name}.ts.hbs`, import.meta.url), "utf8");
}

/** The parser of babel loads in half the time of TypeScript's, and the text is the same for all modules of the corpus. */
async function format(source: string): Promise<string> {
  if (source.length > MAX_FORMATTED) return source;
  const [prettier, babel, estree] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/babel"),
    import("prettier/plugins/estree"),
  ]);
  return prettier.format(source, {
    parser: "babel-ts",
    plugins: [babel, estree],
    printWidth: PRINT_WIDTH,
    // Templates decide what stands on lines of its own, not where a line happened to break in them.
    objectWrap: "preserve",
  });
}

/** A last statement of a module: read by a function that runs later, so its place does no harm. Not formatted: too long. */
function embed({ name, bytes }: Payload): string {
  const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const lines = encoded.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, "gu")) ?? [];
  return `const ${name} = \`\n${lines.join("\n")}\n\`;\n`;
}
