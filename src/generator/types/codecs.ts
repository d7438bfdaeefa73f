import { camelCase, type NameScope } from "../names.ts";
import { typeText } from "./print.ts";
import { readShape } from "./read.ts";
import type { Shape } from "./shape.ts";
import { writeShape } from "./write.ts";

/** A constant that the module keeps to itself: the codec of an array, of text, of bytes. */
export interface PrivateCodec {
  readonly name: string;
  /** The T of its `Codec<T>`. */
  readonly type: string;
  readonly expression: string;
}

/**
 * The codecs that a module's literals refer to.
 *
 * What the runtime has no constant for gets one in the module: a call inside the argument of `defineSkeleton` would
 * keep bundlers from dropping an unused skeleton (tried with esbuild).
 */
export class CodecTable {
  readonly #names: NameScope;
  readonly #privates = new Map<string, PrivateCodec>();
  readonly #runtime = new Set<string>();

  constructor(names: NameScope) {
    this.#names = names;
  }

  /** The private codecs, in the order in which they were asked for. */
  get privates(): readonly PrivateCodec[] {
    return [...this.#privates.values()];
  }

  /** What has to be imported from the runtime for all this. */
  get runtimeValues(): ReadonlySet<string> {
    return this.#runtime;
  }

  /** The name of the constant that is the codec of `shape`. */
  codecOf(shape: Shape): string {
    switch (shape.kind) {
      case "scalar":
        return this.#import(shape.scalar);
      case "enum":
        return this.#import(shape.declaration.scalar);
      case "record":
        return shape.declaration.name;
      case "text":
        return this.#private(shape, `/* @__PURE__ */ ${this.#import("text")}(${shape.size})`);
      case "bytes":
        return this.#private(shape, `/* @__PURE__ */ ${this.#import("bytes")}(${shape.size})`);
      case "tagged":
        return this.#private(shape, literalOf(shape, shape.size));
      case "list":
        return this.#private(shape, literalOf(shape, shape.stride * shape.count));
      case "rest":
      case "restText":
      case "restBytes":
        return this.#private(shape, literalOf(shape, 0));
    }
  }

  /** A private codec that is not made of one shape. */
  declare(wanted: string, type: string, expression: string): string {
    const name = this.#names.declare(wanted);
    this.#privates.set(`own ${name}`, { name, type, expression });
    return name;
  }

  #import(name: string): string {
    this.#runtime.add(name);
    return name;
  }

  #private(shape: Shape, expression: string): string {
    const label = labelOf(shape);
    const key = `${label} ${expression}`;
    const known = this.#privates.get(key);
    if (known !== undefined) return known.name;
    const name = this.#names.declare(label);
    this.#privates.set(key, { name, type: typeText(shape), expression });
    return name;
  }
}

/** A codec's `read` that is another's. `read: Event.read` would be a property access, which bundlers never drop. */
export function delegateRead(codec: string): string {
  return `read: (from, at) => ${codec}.read(from, at)`;
}

/** A codec's `write` that is another's. */
export function delegateWrite(codec: string): string {
  return `write: (to, at, value) => { ${codec}.write(to, at, value); }`;
}

function literalOf(shape: Shape, size: number): string {
  return `{ size: ${size}, read: (from, at) => ${readShape(shape, "at")}, write: (to, at, value) => { ${writeShape(shape, "at", "value")}; } }`;
}

/** `u32x4`, `text16`, `eventx8x2`: an identifier that says what it is. */
function labelOf(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
      return shape.scalar;
    case "tagged":
      return shape.bigEndian ? `be${shape.method.toUpperCase()}` : shape.method;
    case "text":
    case "bytes":
      return `${shape.kind}${shape.size}`;
    case "list":
      return `${labelOf(shape.element)}x${shape.count}`;
    case "rest":
      return `${labelOf(shape.element)}Rest`;
    case "restText":
      return "textRest";
    case "restBytes":
      return "bytesRest";
    case "enum":
    case "record":
      return camelCase(shape.declaration.name);
  }
}
