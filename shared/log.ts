/**
 * Writes a line to the log. `event` is `topic.what`; fields never hold values of rows, keys or tokens.
 */
export type Log = (event: string, fields?: Record<string, unknown>) => void;
