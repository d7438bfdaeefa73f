import { readFileSync } from "node:fs";
import type { SkeletonModel } from "./model.ts";

const PRINT_WIDTH = 100;
const BASE64_COLUMNS = 100;
/** Nobody reads longer modules, and prettier needs 11 s and 0.7 GB for five million characters (measured): not formatted. */
const MAX_FORMATTED = 4_000_000;

/**
 * Prints a model as a formatted TypeScript module; `object` is embedded at its end.
 *
 * Handlebars and prettier are loaded when the first module is printed: a CLI that only shows its help needs neither.
 */
export async function renderModule(model: SkeletonModel, object: Uint8Array | undefined): Promise<string> {
  const module = await format(await print(model));
  return object === undefined ? module : `${module}${embed(object)}`;
}

type Template = (model: SkeletonModel) => string;
let template: Promise<Template> | undefined;

async function print(model: SkeletonModel): Promise<string> {
  template ??= compileTemplates();
  return (await template)(model);
}

async function compileTemplates(): Promise<Template> {
  const { default: handlebars } = await import("handlebars");
  const environment = handlebars.create();
  for (const name of ["enum", "struct", "globals", "shape", "spec"]) {
    environment.registerPartial(name, readTemplate(name));
  }
  // The model holds TypeScript, not text for a web page: nothing is to be escaped.
  return environment.compile<SkeletonModel>(readTemplate("skeleton"), { noEscape: true, strict: true });
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

/** The last statement of a module: read by a function that runs later, so its place does no harm. Not formatted: too long. */
function embed(object: Uint8Array): string {
  const encoded = Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString("base64");
  const lines = encoded.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, "gu")) ?? [];
  return `const OBJECT = \`\n${lines.join("\n")}\n\`;\n`;
}
