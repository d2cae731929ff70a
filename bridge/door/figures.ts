/** Why connections are turned away at the door, counted since the start. */
export const turnedAway = [
  "banned",
  "too_many_connections",
  "too_many_of_address",
  "gave_way",
  "too_slow",
  "too_many_tries",
  "no_proxy_header",
] as const;
export type TurnedAway = typeof turnedAway[number];

export function noneTurnedAway(): Record<TurnedAway, number> {
  return Object.fromEntries(turnedAway.map((why) => [why, 0])) as Record<TurnedAway, number>;
}
