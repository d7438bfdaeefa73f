import { CoreGenError } from "../../errors.ts";
import { nearNames } from "../../object/near-names.ts";
import type { AnyOpened } from "../import-skeleton.ts";
import { UsageError } from "../report.ts";

/** What `--set rodata.min_ms=5` says. */
export interface Setting {
  readonly section: string;
  readonly variable: string;
  readonly value: string;
}

/** Throws a `UsageError` for what is not of the form SECTION.VARIABLE=VALUE. */
export function parseSettings(flags: readonly string[]): Setting[] {
  return flags.map((flag) => {
    const [, section, variable, value] = /^([^.=]+)\.([^=]+)=(.*)$/su.exec(flag) ?? [];
    if (section === undefined || variable === undefined || value === undefined)
      throw new UsageError(`--set ${flag}: this is not of the form SECTION.VARIABLE=VALUE, as rodata.min_ms=5 is`);
    return { section, variable, value };
  });
}

/** Sets variables before loading. Throws a `CoreGenError` for one that there is not, and for a value that does not fit. */
export function applySettings(opened: AnyOpened, settings: readonly Setting[]): void {
  for (const { section, variable, value } of settings) {
    const variables = sectionOf(opened, section);
    const old = variables[variable];
    const doing = `setting ${section}.${variable}`;
    if (old === undefined) throw unknown(doing, "variable", variable, Object.keys(variables));
    write(variables, variable, parseLike(old, value, doing));
  }
}

/** What does not fit is a mistake of the command line here, and of the program in an app. */
function write(variables: Record<string, unknown>, name: string, value: unknown): void {
  try {
    variables[name] = value;
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new CoreGenError("bad-input", `setting a variable: ${cause.message}`, { cause });
  }
}

function sectionOf(opened: AnyOpened, name: string): Record<string, unknown> {
  const sections = Object.keys(opened["sections"] as object);
  if (!sections.includes(name)) throw unknown(`setting a variable of ${name}`, "section", name, sections);
  return opened[name] as Record<string, unknown>;
}

/** The value in the type that the variable has: what range it has is checked when it is written. */
function parseLike(old: unknown, text: string, doing: string): unknown {
  switch (typeof old) {
    case "bigint":
      return asInteger(text, doing);
    case "number":
      return /^-?\d*\.\d+$/u.test(text) ? Number(text) : Number(asInteger(text, doing));
    case "boolean":
      if (/^(?:true|false|0|1)$/u.test(text)) return text === "true" || text === "1";
      throw new CoreGenError("bad-input", `${doing}: ${JSON.stringify(text)} is not true or false`);
    case "string":
      return text;
    default:
      return asJson(text, doing);
  }
}

/** 5, -1, 0xff; BigInt alone would take nothing for 0. */
function asInteger(text: string, doing: string): bigint {
  const [, minus = "", digits] = /^(-?)(\d+|0x[\da-f]+)$/iu.exec(text) ?? [];
  if (digits === undefined) throw new CoreGenError("bad-input", `${doing}: ${JSON.stringify(text)} is no integer`);
  return minus === "-" ? -BigInt(digits) : BigInt(digits);
}

function asJson(text: string, doing: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CoreGenError(
      "bad-input",
      `${doing}: it is a struct or an array, and ${JSON.stringify(text)} is no JSON`,
      {
        cause,
      },
    );
  }
}

function unknown(doing: string, kind: string, name: string, names: readonly string[]): CoreGenError {
  const near = nearNames(name, names);
  const others = names.length > 0 ? `There are: ${names.join(", ")}.` : `The object has none.`;
  return new CoreGenError("bad-input", `${doing}: there is no ${kind} "${name}"`, {
    hints: [near.length > 0 ? `Near it: ${near.join(", ")}.` : others],
  });
}
