/** What a command has of the machine: passed in, so that it can be looked at. */
export interface Terminal {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
  environment: Record<string, string | undefined>;
  /** Where people's programs keep their settings: `$XDG_CONFIG_HOME`, else `~/.config`. */
  configFolder: string;
  now: () => number;
}

/** Asks on the terminal without showing what is typed; from a pipe, its first line. */
export async function askHidden(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  if (!stdin.isTTY) return (await readAll(stdin)).split(/\r?\n/, 1)[0]!;
  stderr.write(question);
  stdin.setRawMode(true);
  let typed = "";
  try {
    for await (const piece of stdin) {
      for (const character of String(piece)) {
        if (character === "\r" || character === "\n") return typed;
        if (character === "\u0003") throw new Error("interrupted");
        typed = character === "\u007f" ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

/** All of a stream as text. */
export async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) {
    pieces.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
