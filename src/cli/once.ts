/** For `coerce` of an option that takes one value: yargs makes an array of it when it is given twice. */
export function once(option: string): (value: string | string[] | undefined) => string | undefined {
  return (value) => {
    if (Array.isArray(value)) throw new Error(`${option} is given more than once`);
    return value;
  };
}
