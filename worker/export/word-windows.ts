/** The piece of a schedule in words that is about a part of the day: `between 8 and 18`. */
import type { Inexpressible, Piece } from "./piece.ts";

const CLOCK = "(\\d{1,2})(?:[:.](\\d\\d))?([ap]m)?|(noon|midday)";

export const windowPieces = [{
  pattern: `(?:(?:between|from) (?:${CLOCK}) (?:and|to|until|till|-) (?:${CLOCK}))`,
  read: readWindow,
}];

interface Clock {
  hour: number;
  /** Morning or evening is not said, or it is said with am or pm. */
  bare: boolean;
  half: boolean;
}

function readWindow(match: RegExpExecArray): Piece | Inexpressible {
  const from = readClock(match.slice(1, 5));
  const to = readClock(match.slice(5, 9));
  if ("refusal" in from) return from;
  if ("refusal" in to) return to;
  // "9 to 5" is office hours: only the end can be in the afternoon. "8 to 10" is either, and so is
  // "5 to 6pm"; an end such as 18 says that the beginning is on the same clock.
  if (to.bare && to.hour <= from.hour) to.hour += 12;
  else if (to.bare || (from.bare && to.half && from.hour + 12 < to.hour)) {
    return {
      refusal: `"${match[0]}" can be morning or evening; write am and pm, or hours such as 08:00`,
    };
  }
  if (from.hour >= to.hour) {
    return { refusal: `"${match[0]}" goes over midnight, which one cron expression cannot` };
  }
  return { kind: "window", from: from.hour, to: to.hour };
}

function readClock([hours, minutes, half, noon]: (string | undefined)[]): Clock | Inexpressible {
  if (noon) return { hour: 12, bare: false, half: true };
  const hour = Number(hours);
  if (minutes && minutes !== "00") {
    return { refusal: "a part of the day begins and ends on whole hours" };
  }
  if (half) {
    if (hour < 1 || hour > 12) {
      return {
        refusal: `"${hours}${half}" is no time of the day: before am and pm stands 1 to 12`,
      };
    }
    return { hour: hour % 12 + (half === "pm" ? 12 : 0), bare: false, half: true };
  }
  if (hour > 23) return { refusal: `"${hours}" is no time of the day: hours are 00 to 23` };
  // As for times: two digits and a colon, or a zero before it, are a clock of 24 hours.
  const isBare = hour >= 1 && hour <= 12 && !hours!.startsWith("0") && !minutes;
  return { hour, bare: isBare, half: false };
}
