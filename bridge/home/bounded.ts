/** Maps that remember so many of what was put in last, and forget the rest. */
const MOST_REMEMBERED = 256;

export function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value!);
}
