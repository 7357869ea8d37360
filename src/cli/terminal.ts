import type { Readable, Writable } from "node:stream";

/** Where a command reads and writes. */
export interface Terminal {
  readonly stdin: Readable & {
    readonly isTTY?: boolean;
    /** Keys come one by one, and are not shown. */
    setRawMode?(raw: boolean): unknown;
  };
  readonly stdout: Writable & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether a stream may be given colours: NO_COLOR and FORCE_COLOR win over what it is. */
export function wantsColors(terminal: Terminal, stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = terminal.env;
  if (no !== undefined && no !== "") return false;
  if (force !== undefined && force !== "") return force !== "0";
  return stream.isTTY === true && term !== "dumb";
}

/** Columns of the terminal; `otherwise` where it does not tell, which some do by saying 0. */
export function widthOf({ stdout }: Terminal, otherwise: number): number {
  return stdout.columns === undefined || stdout.columns <= 0 ? otherwise : stdout.columns;
}

/** Writes all of the text; resolves when the stream can take more. */
export function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (stream.write(text)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/** Colours, or the text as it is. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export function paintFor(terminal: Terminal, stream: { readonly isTTY?: boolean }): Paint {
  const colors = wantsColors(terminal, stream);
  const style =
    (open: number, close: number) =>
    (text: string): string =>
      colors ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
