/** Room → the rooms of the same side that it may import. */
export const bridge: Record<string, string[]>;
export const worker: Record<string, string[]>;
declare const config: { forbidden: { name: string }[] };
export default config;
